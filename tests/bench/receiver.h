// The daemon as a receiver of webhooks, and deliveries that it believes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/process.h"

namespace psabridge::bench {

/// `psabridge serve` with a connection that is paused, so that deliveries are taken and wait: only the intake
/// works.
class Receiver {
 public:
  /// Returns when it serves. Throws std::runtime_error with its words when it does not.
  explicit Receiver(const std::filesystem::path& program);

  std::uint16_t port() const { return port_; }
  /// Where its store is.
  const integration::Folder& folder() const { return folder_; }
  /// Requests with bodies of 2 KB like Halo's envelopes, signed; never the same twice.
  std::vector<std::string> make_deliveries(std::size_t count);
  /// Deliveries in its journal.
  std::int64_t kept() const;
  /// Largest resident set since the last call, in MB.
  double take_peak_memory() const;

 private:
  std::filesystem::path config() const { return folder_ / "psabridge.yaml"; }

  integration::Folder folder_;
  std::unique_ptr<integration::Process> process_;
  std::uint16_t port_ = 0;
  std::size_t made_ = 0;
};

/// One body of a delivery.
std::string envelope(std::size_t number);

}  // namespace psabridge::bench
