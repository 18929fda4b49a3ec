#include "server/keys.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "core/atomic_file.hpp"
#include "core/config.hpp"
#include "core/error.hpp"

namespace noesis {
namespace {

constexpr std::size_t kZ85Size = 40;

struct KeyPair {
  std::string public_key, secret_key;
};

KeyPair make_pair() {
  std::array<char, kZ85Size + 1> public_key{}, secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    throw ConfigError({.what = "this libzmq has no CURVE",
                       .where = "keys",
                       .got = {},
                       .allowed = {},
                       .next = "install a libzmq that was built with libsodium"});
  }
  return {public_key.data(), secret_key.data()};
}

void check_key(const std::filesystem::path& file, const char* name, const std::string& key) {
  std::array<std::uint8_t, 32> bytes;
  if (key.size() == kZ85Size && zmq_z85_decode(bytes.data(), key.c_str()) != nullptr) return;
  throw ConfigError({.what = "not a CURVE key",
                     .where = file.string() + ": " + name,
                     .got = std::to_string(key.size()) + " characters",
                     .allowed = "40 characters of Z85",
                     .next = "make keys with `noesis serve --make-keys FILE`"});
}

/// A new file that only its owner may read.
void write_secret(const std::filesystem::path& file, const std::string& text) {
  const int handle = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (handle < 0 && errno == EEXIST) {
    throw ConfigError({.what = "keys are not written over a file",
                       .where = file.string(),
                       .got = {},
                       .allowed = {},
                       .next = "name another file, or remove it"});
  }
  if (handle < 0) throw file_error("cannot be made", file, errno);
  const ssize_t written = ::write(handle, text.data(), text.size());
  const int error = errno;
  ::close(handle);
  if (written != static_cast<ssize_t>(text.size()))
    throw file_error("cannot be written", file, error);
}

}  // namespace

ServerKeys read_server_keys(const std::filesystem::path& file) {
  ServerKeys keys = load_config<ServerKeys>(file);
  check_key(file, "public_key", keys.public_key);
  check_key(file, "secret_key", keys.secret_key);
  for (const std::string& client : keys.clients) check_key(file, "clients", client);
  return keys;
}

ClientKeys read_client_keys(const std::filesystem::path& file) {
  ClientKeys keys = load_config<ClientKeys>(file);
  check_key(file, "server_key", keys.server_key);
  check_key(file, "public_key", keys.public_key);
  check_key(file, "secret_key", keys.secret_key);
  return keys;
}

std::filesystem::path make_keys(const std::filesystem::path& file) {
  const KeyPair server = make_pair(), client = make_pair();
  std::filesystem::path client_file = file;
  client_file.replace_extension(".client" + file.extension().string());
  write_secret(
      file, config_to_toml(ServerKeys{server.public_key, server.secret_key, {client.public_key}}));
  write_secret(client_file,
               config_to_toml(ClientKeys{server.public_key, client.public_key, client.secret_key}));
  return client_file;
}

}  // namespace noesis
