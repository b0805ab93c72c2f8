#include "tests/integration/served.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <thread>

namespace psabridge::integration {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kGlance{20};  // between looks at something that is under way
constexpr std::chrono::minutes kLongest{2};       // then a test gives up

}  // namespace

void await(const std::string& what, const std::function<bool()>& is_so) {
  const auto until = std::chrono::steady_clock::now() + kLongest;
  while (!is_so()) {
    INFO("waiting for " << what);
    REQUIRE(std::chrono::steady_clock::now() < until);
    std::this_thread::sleep_for(kGlance);
  }
}

void change_some(Source& source) {
  // Time passes in between, because a stamp of the sandbox runs ahead by a millisecond a row.
  const auto change = [&](const json::object& request) {
    source.let_pass(60);
    source.mutate(request);
  };
  change({{"entity", "ticket"}, {"op", "update"}, {"count", 6}, {"fields", {{"summary", "It burns"}}}});
  change({{"entity", "ticket"}, {"op", "create"}, {"count", 3}});
  change({{"entity", "ticket"}, {"op", "close"}, {"count", 2}});
  change({{"entity", "ticket"}, {"op", "delete"}, {"count", 1}});
  change({{"entity", "note"}, {"op", "create"}, {"count", 3}});
}

Served::Served(Scene& scene, const std::string& every, const std::string& more)
    : scene_(scene), port_(free_port()) {
  const std::string at = "127.0.0.1:" + std::to_string(port_);
  scene_.stage.configure(
      {.more = "every: " + every + "\nsweep: " + every + "\nwebhooks: { poll: " + every + " }\n" + more,
       .connection =
           scene_.stage.connection_with(
               "auth", "{ grant: client_credentials, client_id: " + scene_.source.server().client().id +
                           ", client_secret: env://PSABRIDGE_TEST_SECRET, scopes: [all] }") +
           "webhook: { auth: hmac }\n",
       .top = "serve: { listen: \"" + at + "\", status: \"127.0.0.1:0\", public_url: \"http://" + at +
              "\" }\n"});
}

void Served::start(Surroundings surroundings) {
  const std::filesystem::path ready = scene_.stage.folder() / "ready.json";
  std::filesystem::remove(ready);
  process_ = std::make_unique<Process>(scene_.stage.command({"serve", "--ready-file", ready.string()}),
                                       scene_.stage.with_secret(std::move(surroundings)));
  await("the daemon", [&] {
    if (process_->ended()) FAIL(process_->wait().describe());
    return std::filesystem::exists(ready);
  });
  const json::object said = json::parse(read_text(ready)).as_object();
  status_port_ = static_cast<std::uint16_t>(said.at("status_port").as_int64());
}

void Served::start_whole() {
  start();
  await("the first poll", [&] {
    return !live().at("pipelines").at(0).at("running").as_bool() &&
           std::filesystem::exists(scene_.stage.database()) &&
           scene_.stage.store().number("SELECT count(*) FROM psabridge_run WHERE state = 'done'") > 0;
  });
  const Outcome created = scene_.stage.run({"webhooks", "create", "halo"});
  INFO(created.describe());
  REQUIRE(created.exit_status == 0);
}

Outcome Served::stop(int signal) {
  process_->signal(signal);
  return process_->wait();
}

void Served::settle() {
  scene_.source.flush_webhooks();
  await("open events", [&] { return live().at("webhooks").at("open").to_number<std::int64_t>() == 0; });
}

json::object Served::live() const {
  const Outcome outcome = scene_.stage.run({"status", "--json"});
  INFO(outcome.describe());
  REQUIRE(outcome.exit_status == 0);
  const json::value data = json::parse(outcome.out).at("data");
  REQUIRE(data.at("daemon").is_object());
  return data.at("daemon").as_object();
}

Page Served::get(const std::string& path) const {
  return Browser({}).open("http://127.0.0.1:" + std::to_string(status_port_) + path);
}

}  // namespace psabridge::integration
