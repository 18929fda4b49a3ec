#pragma once
/// A link that can fail: carries TCP from a port of its own to another of this machine.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace noesis::testing {

class Link {
 public:
  explicit Link(int to) : to_(to) {
    listen();
    thread_ = std::thread([this] { carry(); });
  }
  ~Link() {
    is_over_ = true;
    thread_.join();
  }
  int port() const { return port_; }

  /// Ends all connections, and takes none for so long.
  void cut(std::chrono::milliseconds time) {
    cut_until_ = (Clock::now() + time).time_since_epoch();
  }
  /// Carries nothing for so long; connections stay.
  void hold(std::chrono::milliseconds time) {
    hold_until_ = (Clock::now() + time).time_since_epoch();
  }

 private:
  using Clock = std::chrono::steady_clock;

  static sockaddr_in address(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }

  void listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in own = address(port_);
    socklen_t size = sizeof own;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&own), size) != 0 ||
        ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&own), &size) != 0) {
      throw std::runtime_error("a link cannot listen");
    }
    port_ = ntohs(own.sin_port);
  }

  void accept() {
    const int near = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in there = address(to_);
    if (near >= 0 && ::connect(far, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0) {
      ends_.emplace_back(near, far);
      ends_.emplace_back(far, near);
      return;
    }
    ::close(far);
    if (near >= 0) ::close(near);
  }

  /// False at the end of a connection.
  static bool pass(int from, int to) {
    std::array<char, 1 << 16> buffer;
    const ssize_t size = ::recv(from, buffer.data(), buffer.size(), 0);
    for (ssize_t sent = 0; sent < size;) {
      const ssize_t some =
          ::send(to, buffer.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
      if (some <= 0) return false;
      sent += some;
    }
    return size > 0;
  }

  void end(int one) {
    std::erase_if(ends_, [&](const auto& pair) {
      if (pair.first != one && pair.second != one) return false;
      ::close(pair.first);
      return true;
    });
  }

  void carry() {
    while (!is_over_) {
      const auto now = Clock::now().time_since_epoch();
      if (now < cut_until_.load()) {
        while (!ends_.empty()) end(ends_.front().first);
        if (listener_ >= 0) ::close(std::exchange(listener_, -1));
      } else if (listener_ < 0) {
        listen();
      }
      if (now < cut_until_.load() || now < hold_until_.load()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        continue;
      }
      std::vector<pollfd> items = {{listener_, POLLIN, 0}};
      for (const auto& [from, to] : ends_) items.push_back({from, POLLIN, 0});
      ::poll(items.data(), items.size(), 5);
      for (std::size_t k = 1; k < items.size(); ++k) {
        if (items[k].revents == 0) continue;
        const auto pair = ends_[k - 1];
        if (pass(pair.first, pair.second)) continue;
        end(pair.first);
        break;  // the others have moved
      }
      if ((items[0].revents & POLLIN) != 0) accept();
    }
    while (!ends_.empty()) end(ends_.front().first);
    if (listener_ >= 0) ::close(listener_);
  }

  int to_;
  int port_ = 0;
  int listener_ = -1;                         // of the thread, from here on
  std::vector<std::pair<int, int>> ends_;     // from one to the other, each way
  std::atomic<Clock::duration> cut_until_{};  // since the clock's epoch
  std::atomic<Clock::duration> hold_until_{};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

}  // namespace noesis::testing
