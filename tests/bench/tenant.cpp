#include "tests/bench/tenant.h"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace psabridge::bench {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kPatience{2};  // a million tickets take some seconds to make

std::vector<std::string> command_of(const std::filesystem::path& program, const TenantSize& size,
                                    const std::filesystem::path& folder) {
  const auto number = [](std::int64_t value) { return std::to_string(value); };
  return {program.string(),
          "--port",
          "0",
          "--tickets",
          number(size.tickets),
          "--assets",
          number(size.assets),
          "--clients",
          number(size.clients),
          "--sites",
          number(size.sites),
          "--contacts",
          number(size.contacts),
          "--tls-dir",
          (folder / "tls").string(),
          "--ready-file",
          (folder / "ready.json").string()};
}

}  // namespace

Tenant::Tenant(const std::filesystem::path& program, const TenantSize& size)
    : process_(command_of(program, size, folder_.path())) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!std::filesystem::exists(folder_ / "ready.json")) {
    if (process_.ended() || std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("The Halo sandbox does not start: " + process_.err());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const json::object ready = json::parse(integration::read_text(folder_ / "ready.json")).as_object();
  const auto text = [&](const char* key) { return std::string(ready.at(key).as_string()); };
  url_ = text("url");
  ca_file_ = text("ca_file");
  client_id_ = text("client_id");
  client_secret_ = text("client_secret");
}

json::object Tenant::control(const std::string& method, const std::string& path,
                             const std::string& body) const {
  const Poco::URI uri(url_);
  const Poco::Net::Context::Ptr context = new Poco::Net::Context(
      Poco::Net::Context::TLS_CLIENT_USE, "", "", ca_file_, Poco::Net::Context::VERIFY_RELAXED);
  Poco::Net::HTTPSClientSession session("127.0.0.1", uri.getPort(), context);
  Poco::Net::HTTPRequest request(method, "/__sandbox/" + path, Poco::Net::HTTPMessage::HTTP_1_1);
  request.setContentLength(static_cast<std::streamsize>(body.size()));
  session.sendRequest(request) << body;
  Poco::Net::HTTPResponse response;
  std::string answer;
  Poco::StreamCopier::copyToString(session.receiveResponse(response), answer);
  if (response.getStatus() != Poco::Net::HTTPResponse::HTTP_OK)
    throw std::runtime_error(path + ": " + answer);
  return json::parse(answer).as_object();
}

std::int64_t Tenant::requests(const std::string& resource) const {
  const json::object ledger = control("GET", "ledger");
  const json::value* counter = ledger.at("by_resource").as_object().if_contains(resource);
  return counter == nullptr ? 0 : counter->at("requests").as_int64();
}

void Tenant::reset_ledger() const { control("POST", "ledger/reset"); }

void Tenant::change_tickets(std::int64_t count) const {
  control("POST", "mutate",
          json::serialize(json::object{
              {"entity", "ticket"}, {"op", "update"}, {"count", count}, {"advance_seconds", 3600}}));
}

}  // namespace psabridge::bench
