#include "tests/oauth/oauth_server.h"

#include <boost/json/parse.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace psabridge::integration {
namespace {

constexpr std::chrono::seconds kPatience{60};  // a busy machine starts Node slowly
constexpr std::chrono::milliseconds kGlance{20};

std::vector<std::string> command(const Folder& folder, const sandbox::TlsFiles& tls) {
  return {PSABRIDGE_NODE, PSABRIDGE_OAUTH_SERVER, "--ready-file",  (folder / "ready.json").string(),
          "--key",        tls.key.string(),       "--certificate", tls.certificate.string()};
}

boost::json::value wait_until_ready(const Folder& folder, Process& process) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!std::filesystem::exists(folder / "ready.json")) {
    if (process.ended() || std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("The OAuth server did not come up: " + process.err());
    std::this_thread::sleep_for(kGlance);
  }
  return boost::json::parse(read_text(folder / "ready.json"));
}

}  // namespace

OAuthServer::OAuthServer(const std::filesystem::path& tls_folder)
    : tls_(sandbox::make_certificates(tls_folder)), process_(command(folder_, tls_)) {
  const boost::json::value ready = wait_until_ready(folder_, process_);
  url_ = ready.at("url").as_string();
  authorize_url_ = ready.at("authorize_url").as_string();
  token_url_ = ready.at("token_url").as_string();
}

}  // namespace psabridge::integration
