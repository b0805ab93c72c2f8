// The few socket calls that the proxy and the TLS peer share. Everything is on 127.0.0.1.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

namespace psabridge::test {

/// Owns a descriptor. Moves, does not copy.
class Socket {
 public:
  explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket();

  int descriptor() const noexcept { return descriptor_; }
  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  /// Closes with a reset (RST) instead of an orderly end.
  void reset();

 private:
  int descriptor_;
};

/// Listens at the port, or at any free one for 0. Throws std::runtime_error when that is not possible.
Socket listen_on_loopback(std::uint16_t port);
std::uint16_t port_of(const Socket& listener);
/// An accepted connection, or none when nobody came within `milliseconds`.
Socket accept_within(const Socket& listener, int milliseconds);
/// Connects to a host and port; none when nobody listens there.
Socket connect_to(const std::string& host, std::uint16_t port);

}  // namespace psabridge::test
