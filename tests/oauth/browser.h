// A person at a browser, as far as a sign-in needs one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/integration/process.h"

namespace psabridge::integration {

/// What a server showed, or where it sent the browser.
struct Page {
  int status = 0;
  std::string text;
  std::string location;  ///< of a redirect; empty otherwise
};

/// Without memory from one page to the next.
class Browser {
 public:
  /// Trusts the authority of `ca_file` alone.
  explicit Browser(std::filesystem::path ca_file) : ca_file_(std::move(ca_file)) {}

  /// GET; a redirect is not followed. Throws Poco::Exception when nobody answers.
  Page open(const std::string& url) const;

 private:
  std::filesystem::path ca_file_;
};

/// The address that a `connection auth` under way asks to open. Waits for it; throws std::runtime_error with
/// what was said when the process ends without.
std::string address_to_open(Process& process);

/// A port of loopback on which nothing listens.
std::uint16_t free_port();

}  // namespace psabridge::integration
