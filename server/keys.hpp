#pragma once
/// CURVE keys of a server and its clients, in files.

#include <filesystem>
#include <string>
#include <vector>

namespace noesis {

/// What a server needs: a TOML file that only its owner may read. Keys are Z85 texts of 40
/// characters.
struct ServerKeys {
  std::string public_key, secret_key;
  std::vector<std::string> clients;  ///< public keys that may connect

  template <class V>
  void visit(V& v) {
    v("public_key", public_key, "The server's public key, Z85");
    v("secret_key", secret_key, "The server's secret key, Z85");
    v("clients", clients, "Public keys of the clients that may connect, Z85");
  }
};

/// What a client needs.
struct ClientKeys {
  std::string server_key, public_key, secret_key;

  template <class V>
  void visit(V& v) {
    v("server_key", server_key, "The server's public key, Z85");
    v("public_key", public_key, "The client's public key, Z85");
    v("secret_key", secret_key, "The client's secret key, Z85");
  }
};

/// @throws ConfigError for a file that cannot be read or has keys of another form.
ServerKeys read_server_keys(const std::filesystem::path& file);
ClientKeys read_client_keys(const std::filesystem::path& file);

/// Makes a server and one client that may connect: writes `file` and `file` with ".client" before
/// its ending, readable for their owner alone. The client's file.
/// @throws ConfigError where one of them is there already, or without CURVE in libzmq.
std::filesystem::path make_keys(const std::filesystem::path& file);

}  // namespace noesis
