#include "tests/oauth/browser.h"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

namespace psabridge::integration {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kGlance{10};

std::unique_ptr<Poco::Net::HTTPClientSession> session_to(const Poco::URI& uri,
                                                         const std::filesystem::path& ca_file) {
  if (uri.getScheme() == "http")
    return std::make_unique<Poco::Net::HTTPClientSession>(uri.getHost(), uri.getPort());
  Poco::Net::Context::Params params;
  params.caLocation = ca_file.string();
  params.verificationMode = Poco::Net::Context::VERIFY_RELAXED;
  Poco::Net::Context::Ptr context(new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params));
  context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
  return std::make_unique<Poco::Net::HTTPSClientSession>(uri.getHost(), uri.getPort(), context);
}

}  // namespace

Page Browser::open(const std::string& url) const {
  const Poco::URI uri(url);
  const auto session = session_to(uri, ca_file_);
  Poco::Net::HTTPRequest request("GET", uri.getPathAndQuery(), "HTTP/1.1");
  session->sendRequest(request);
  Poco::Net::HTTPResponse response;
  Page page;
  Poco::StreamCopier::copyToString(session->receiveResponse(response), page.text);
  page.status = response.getStatus();
  page.location = response.get("Location", "");
  return page;
}

std::string address_to_open(Process& process) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    const bool ended = process.ended();
    const std::string said = process.err();
    const auto begin = said.find("https://");
    const auto end = begin == std::string::npos ? begin : said.find('\n', begin);
    if (end != std::string::npos && said.find("Waiting for the browser") != std::string::npos)
      return said.substr(begin, end - begin);
    if (ended) throw std::runtime_error("No address to open: " + said);
    std::this_thread::sleep_for(kGlance);
  }
  throw std::runtime_error("No address to open in time: " + process.err());
}

std::uint16_t free_port() {
  const Poco::Net::ServerSocket socket(Poco::Net::SocketAddress("127.0.0.1", 0));
  return socket.address().port();
}

}  // namespace psabridge::integration
