#include <algorithm>
#include <boost/json.hpp>

#include "core/plugin/adapters.h"
#include "core/plugin/connector_sinks.h"
#include "core/plugin/event_sink.h"
#include "core/plugin/json_node.h"
#include "core/plugin/webhook_text.h"

namespace psabridge::plugin {
namespace {

std::vector<psabridge_str> borrow_all(std::span<const std::string> texts) {
  std::vector<psabridge_str> borrowed(texts.size());
  std::ranges::transform(texts, borrowed.begin(), [](const std::string& text) { return borrow(text); });
  return borrowed;
}

/// The texts of a change in the contract's form.
struct ChangeText {
  explicit ChangeText(const OutgoingChange& change) {
    boost::json::object values, known;
    for (const WantedField& field : change.fields) {
      values[field.name] = field.value;
      if (field.expected) known[field.name] = boost::json::value_from(*field.expected);
    }
    fields = boost::json::serialize(values);
    expected = change.source_id.empty() ? boost::json::serialize(boost::json::value_from(change.others))
                                        : boost::json::serialize(known);
  }
  std::string fields, expected;
};

class ConnectorAdapter : public Connector {
 public:
  ConnectorAdapter(const LoadedRole& role, std::string_view settings, HostServices& services)
      : instance_(role, settings, services), verbs_(instance_.verbs<psabridge_connector>()) {
    VerbCall call(role, "describe", {});
    profile_ = parse_connector_profile(call.run_for_text("description", verbs_.describe, instance_.self()));
    check_webhook_verbs(call);
  }

  const ConnectorProfile& profile() const override { return profile_; }

  PulledPage pull(const PullRequest& request, const Stop& stop) override {
    const std::vector<psabridge_str> parents = borrow_all(request.parents);
    const psabridge_pull plain{sizeof plain,
                               borrow(request.entity),
                               request.ids_only ? PSABRIDGE_PULL_IDS : PSABRIDGE_PULL_CHANGES,
                               request.page_size,
                               borrow(request.filters),
                               parents.data(),
                               parents.size(),
                               borrow(request.cursor)};
    VerbCall call(instance_.role(), "pull", stop);
    PageSink sink(call, request.cursor);
    call.run(verbs_.pull, instance_.self(), &plain, sink.plain());
    return sink.finish();
  }

  Fetched get(std::string_view entity, std::span<const std::string> ids, const Stop& stop) override {
    const std::vector<psabridge_str> plain = borrow_all(ids);
    VerbCall call(instance_.role(), "get", stop);
    FetchSink sink(call, ids);
    if (!PSABRIDGE_HAS(&verbs_, psabridge_connector, get) || !verbs_.get)
      call.broke_contract("is not offered, although the description says so of " + std::string(entity));
    call.run(verbs_.get, instance_.self(), borrow(entity), plain.data(), plain.size(), sink.plain());
    return sink.finish();
  }

  std::string sign_in(const Stop& stop) override {
    if (!PSABRIDGE_HAS(&verbs_, psabridge_connector, sign_in) || !verbs_.sign_in) return {};
    VerbCall call(instance_.role(), "sign_in", stop);
    return call.run_for_text("sign-in", verbs_.sign_in, instance_.self());
  }

  void check(std::span<const std::string> entities, const FindingSink& found, const Stop& stop) override {
    if (!PSABRIDGE_HAS(&verbs_, psabridge_connector, check) || !verbs_.check) return;
    const std::vector<psabridge_str> plain = borrow_all(entities);
    VerbCall call(instance_.role(), "check", stop);
    CheckSink sink(call, found);
    call.run(verbs_.check, instance_.self(), plain.data(), plain.size(), sink.plain());
  }

  bool has_webhooks() const override { return !profile_.events.empty(); }

  std::vector<Event> decode(std::string_view body, const Stop& stop) override {
    VerbCall call = webhook_call("decode", stop);
    EventSink sink(call, profile_);
    const psabridge_delivery plain{sizeof plain, borrow(body)};
    try {
      call.run(verbs_.decode, instance_.self(), &plain, sink.plain());
    } catch (const Error& error) {
      if (error.code() != kInvalid) throw;
      throw Error("PB2102", error.message());
    }
    return sink.finish();
  }

  std::vector<Webhook> webhooks(const Stop& stop) override {
    VerbCall call = webhook_call("webhooks", stop);
    return read(call, read_webhooks,
                call.run_for_text("list of webhooks", verbs_.webhooks, instance_.self()));
  }

  Webhook put_webhook(const WantedWebhook& wanted, const Stop& stop) override {
    VerbCall call = webhook_call("put_webhook", stop);
    const std::string text = text_of(wanted);
    return read(call, read_webhook,
                call.run_for_text("webhook", verbs_.put_webhook, instance_.self(), borrow(text)));
  }

  void remove_webhook(std::string_view id, const Stop& stop) override {
    webhook_call("remove_webhook", stop).run(verbs_.remove_webhook, instance_.self(), borrow(id));
  }

  void test_webhook(std::string_view id, const Stop& stop) override {
    webhook_call("test_webhook", stop).run(verbs_.test_webhook, instance_.self(), borrow(id));
  }

  std::vector<WebhookDelivery> webhook_log(std::string_view id, std::uint32_t limit,
                                           const Stop& stop) override {
    VerbCall call = webhook_call("webhook_log", stop);
    std::vector<WebhookDelivery> log =
        read(call, read_deliveries,
             call.run_for_text("log", verbs_.webhook_log, instance_.self(), borrow(id), limit));
    if (log.size() > limit)
      call.broke_contract("gave " + std::to_string(log.size()) + " lines where " + std::to_string(limit) +
                          " were asked for");
    return log;
  }

  PushReport push(std::span<const OutgoingChange> changes, const Stop& stop) override {
    VerbCall call(instance_.role(), "push", stop);
    PushSink sink(call, changes);
    PushReport report;
    try {
      if (!PSABRIDGE_HAS(&verbs_, psabridge_connector, push) || !verbs_.push)
        throw Error("PB2305", "The " + instance_.role().label + " of the plugin " + instance_.role().plugin +
                                  " cannot write to its source.");
      const std::vector<ChangeText> texts(changes.begin(), changes.end());
      std::vector<psabridge_change> plain(changes.size());
      for (std::size_t i = 0; i < changes.size(); ++i)
        plain[i] = {borrow(changes[i].id),   borrow(changes[i].entity), borrow(changes[i].source_id),
                    borrow(texts[i].fields), borrow(texts[i].expected), borrow(changes[i].tried_at)};
      call.run(verbs_.push, instance_.self(), plain.data(), plain.size(), sink.plain());
      report.ends = sink.finish(true);
    } catch (const Error& error) {
      report.failure = error;
      report.ends = sink.finish(false);
    }
    return report;
  }

 private:
  /// The code of an INVALID to which the plugin gave none.
  static constexpr std::string_view kInvalid = "PB1112";

  /// A description with events is a promise of all verbs for webhooks.
  void check_webhook_verbs(const VerbCall& call) const {
    if (!has_webhooks()) return;
    const bool offered = PSABRIDGE_HAS(&verbs_, psabridge_connector, webhook_log) && verbs_.decode &&
                         verbs_.webhooks && verbs_.put_webhook && verbs_.remove_webhook &&
                         verbs_.test_webhook && verbs_.webhook_log;
    if (!offered) call.broke_contract("names events and does not offer all verbs for webhooks");
  }

  VerbCall webhook_call(const char* verb, const Stop& stop) const {
    if (!has_webhooks())
      throw Error("PB2101", "The " + instance_.role().label + " of the plugin " + instance_.role().plugin +
                                " offers no webhooks.");
    return {instance_.role(), verb, stop};
  }

  /// Reads what a verb gave in the documented form.
  template <class Result>
  static Result read(const VerbCall& call, Result (*reader)(std::string_view), const std::string& text) {
    try {
      return reader(text);
    } catch (const Misfit& found) {
      call.broke_contract("gave a text that is not of the documented form: " + std::string(found.what()));
    }
  }

  Instance instance_;
  const psabridge_connector& verbs_;
  ConnectorProfile profile_;
};

}  // namespace

std::unique_ptr<Connector> adapt_connector(const LoadedRole& role, std::string_view settings,
                                           HostServices& services) {
  return std::make_unique<ConnectorAdapter>(role, settings, services);
}

}  // namespace psabridge::plugin
