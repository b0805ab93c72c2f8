// In-memory roles and a clock that never waits, for tests of the pipeline's parts.
#pragma once
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/plugin/roles.h"

namespace psabridge::pipeline {

class FakeClock final : public Clock {
 public:
  std::chrono::sys_time<Milliseconds> now() const override { return std::chrono::sys_time<Milliseconds>{at}; }
  Milliseconds monotonic() const override { return at; }
  void sleep(Milliseconds span, const std::function<bool()>&) override {
    slept.push_back(span);
    at += span;
  }
  Milliseconds at{1'780'000'000'000};
  std::vector<Milliseconds> slept;
};

struct FakeRow {
  std::string id, text;
};

inline plugin::PulledPage page_of(const std::vector<FakeRow>& rows, std::string next, bool more) {
  plugin::PulledPage page;
  page.arena = std::make_unique<Arena>();
  for (const FakeRow& row : rows) {
    page.slices.push_back({page.arena->keep(row.id), {}, page.arena->keep(row.text)});
    page.bytes += row.text.size();
  }
  page.next = std::move(next);
  page.more = more;
  page.requests = 1;
  return page;
}

/// Answers pulls from a script; a script entry may throw.
class FakeConnector final : public plugin::Connector {
 public:
  const plugin::ConnectorProfile& profile() const override { return profile_; }
  plugin::PulledPage pull(const plugin::PullRequest& request, const plugin::Stop&) override {
    cursors.emplace_back(request.cursor);
    parents.emplace_back(request.parents.begin(), request.parents.end());
    auto answer = std::move(script.front());
    script.pop_front();
    return answer();
  }
  plugin::Fetched get(std::string_view, std::span<const std::string> ids, const plugin::Stop&) override {
    plugin::Fetched fetched;
    fetched.arena = std::make_unique<Arena>();
    for (const std::string& id : ids) {
      if (id.starts_with("gone"))
        fetched.absent.push_back({id, false});
      else if (id.starts_with("hidden"))
        fetched.absent.push_back({id, true});
      else
        fetched.slices.push_back(
            {fetched.arena->keep(id), {}, fetched.arena->keep("{\"id\":\"" + id + "\"}")});
    }
    return fetched;
  }
  std::string sign_in(const plugin::Stop&) override { return {}; }
  void check(std::span<const std::string>, const plugin::FindingSink&, const plugin::Stop&) override {}
  bool has_webhooks() const override { return false; }
  std::vector<plugin::Event> decode(std::string_view, const plugin::Stop&) override { return {}; }
  std::vector<plugin::Webhook> webhooks(const plugin::Stop&) override { return {}; }
  plugin::Webhook put_webhook(const plugin::WantedWebhook&, const plugin::Stop&) override { return {}; }
  void remove_webhook(std::string_view, const plugin::Stop&) override {}
  void test_webhook(std::string_view, const plugin::Stop&) override {}
  std::vector<plugin::WebhookDelivery> webhook_log(std::string_view, std::uint32_t,
                                                   const plugin::Stop&) override {
    return {};
  }
  plugin::PushReport push(std::span<const plugin::OutgoingChange>, const plugin::Stop&) override {
    return {};
  }

  std::deque<std::function<plugin::PulledPage()>> script;
  std::vector<std::string> cursors;
  std::vector<std::vector<std::string>> parents;

 private:
  plugin::ConnectorProfile profile_;
};

/// Knows one schema; `rule` stands for what a plugin would do.
class FakeSyncer final : public plugin::Syncer {
 public:
  explicit FakeSyncer(EntitySchema schema) : schema_(std::move(schema)) {}
  const EntitySchema& schema() const override { return schema_; }
  void refine(Batch& batch, const plugin::Stop&) override {
    if (rule) rule(batch);
  }
  std::function<void(Batch&)> rule;

 private:
  EntitySchema schema_;
};

}  // namespace psabridge::pipeline
