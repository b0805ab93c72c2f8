// A sandbox with one webhook and its receiver: what the tests of webhooks start from.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch_test_macros.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/sandbox/tests/https_client.h"
#include "tests/sandbox/tests/webhook_receiver.h"

namespace sandbox_test {

struct WebhookHalo {
  WebhookReceiver receiver;
  sandbox::Sandbox server{sandbox::SandboxOptions{}};
  HttpsClient client{server};
  std::string webhook_id;

  WebhookHalo() { client.sign_in(); }

  boost::json::value saved(const std::string& resource, const boost::json::object& row) {
    const Reply reply = client.post("/api/" + resource, boost::json::serialize(boost::json::array{row}));
    INFO(reply.body);
    REQUIRE(reply.status == 201);
    return reply.json();
  }
  boost::json::value get(const std::string& path) {
    const Reply reply = client.get("/api/" + path);
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    return reply.json();
  }
  // Makes the webhook, with a notification for each event number.
  void listen(std::initializer_list<int> events, boost::json::object settings = {}) {
    settings.emplace("name", "psabridge test");
    settings.emplace("url", receiver.url());
    webhook_id = saved("Webhook", settings).at("id").as_string();
    for (const int event : events)
      saved("Notification", {{"webhook_id", webhook_id}, {"eventno", event}, {"name", "x"}});
  }
  void change_webhook(boost::json::object settings) {
    settings["id"] = webhook_id;
    saved("Webhook", settings);
  }
  void mutate(std::string_view request) { server.control("POST", "mutate", request); }
  void faults(std::string_view settings) { server.control("POST", "faults", settings); }
  boost::json::value control(std::string_view request) {
    return boost::json::parse(server.control("POST", "webhooks", request));
  }
  boost::json::value flush() { return control(R"({"flush":true})"); }
  // What the receiver got once nothing is pending any more.
  std::vector<Received> delivered() {
    flush();
    return receiver.take();
  }
};

}  // namespace sandbox_test
