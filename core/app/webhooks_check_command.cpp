#include <algorithm>
#include <array>

#include "core/app/commands.h"
#include "core/app/findings_text.h"
#include "core/app/local_door.h"
#include "core/app/signals.h"
#include "core/app/terminal.h"
#include "core/app/webhook_events.h"
#include "core/base/time.h"
#include "core/connection/live_connection.h"
#include "core/doctor/check.h"
#include "core/doctor/webhook_checks.h"
#include "core/net/http_client.h"
#include "core/serve/gap_watch.h"
#include "core/webhook/own_webhook.h"
#include "core/webhook/receiver.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;
using connection::LiveConnection;
using doctor::Notes;
using plugin::Stop;
using std::chrono::seconds;

constexpr std::uint32_t kLinesOfLog = 50, kSampleOfGaps = 5;

/// One connection under examination, with what the checks before have found out.
struct Patient {
  Context& context;
  const config::Connection& connection;
  LiveConnection live;
  bool set_up = false;                 ///< address and secret are there
  std::optional<plugin::Webhook> own;  ///< as the source has it

  doctor::WebhookSubject subject() const { return {context.config(), connection, context.installation()}; }
  std::string command(const std::string& verb) const {
    return "`psabridge webhooks " + verb + " " + connection.name + "`";
  }
};

void look_at_settings(Patient& patient, Notes& notes, const Stop&) {
  patient.set_up = doctor::look_at_webhook_settings(patient.subject(), notes);
}

/// Of nobody's connection: no proxy, one short try, and our own address may be a private one.
net::HttpPolicy policy_for(const std::string& url) {
  net::HttpPolicy policy;
  policy.allowed_urls = {url};
  policy.allow_private = true;
  policy.connect_timeout = policy.first_byte_timeout = policy.total_timeout = seconds{10};
  policy.tries = 1;
  return policy;
}

void note_answer(const net::HttpResponse& answer, const std::string& url, Notes& notes) {
  const std::string fact = "HTTP " + std::to_string(answer.status) + " comes from there";
  // What the receiver says to whoever does not deliver.
  if (answer.status == 405 && answer.body.find("method_not_allowed") != std::string::npos)
    return notes.pass(url, "psabridge answers there.");
  if (answer.status >= 502 && answer.status <= 504)
    return notes.fail(url, "PB2110", fact + ": a reverse proxy, and nothing behind it.",
                      "Start `psabridge serve`, or let the proxy pass /webhooks/ on to `serve.listen`.");
  notes.fail(
      url, "PB2110", fact + ", and it is not psabridge that answers.",
      "Let the reverse proxy pass POST requests below /webhooks/ on to `serve.listen`, path unchanged.");
}

/// The way from this machine need not be that of the source: that it cannot be gone says nothing.
void look_at_address(Patient& patient, Notes& notes, const Stop& stop) {
  if (!patient.set_up) return notes.skip({}, "The settings are not complete; see the findings before.");
  config::Connection without_token = patient.connection;
  without_token.webhook.auth = "basic";
  const std::string url = webhook::delivery_url(patient.context.config().serve.public_url, without_token, {});
  try {
    net::RateLimiter unlimited(0, seconds{1}, patient.context.clock());
    net::HttpClient client(policy_for(url), unlimited, patient.context.clock(), 1);
    note_answer(client.send({.method = "GET", .url = url}, stop), url, notes);
  } catch (const Error& error) {
    if (error.error_class() == ErrorClass::cancelled) throw;
    if (error.code() == "PB1213")
      return notes.warn(url, error.code(), error.message(),
                        "The source has to trust this certificate too, or it delivers nothing.");
    notes.skip(url, "It cannot be reached from this machine (" + error.message() +
                        "). The source may reach it "
                        "all the same: " +
                        patient.command("test") + " finds out.");
  }
}

void look_at_webhook(Patient& patient, Notes& notes, const Stop& stop) {
  if (!patient.set_up) return notes.skip({}, "The settings are not complete; see the findings before.");
  patient.own = doctor::look_at_own_webhook(patient.subject(), patient.live.connector(), notes, stop);
}

std::string titles_of(const std::vector<plugin::Webhook::Subscription>& events) {
  std::string text;
  for (const auto& event : events)
    text += (text.empty() ? "" : ", ") + (event.kind.empty() ? event.title : event.kind) + " (" +
            event.number + ")";
  return text;
}

/// Those of `some` whose number is not among `others`.
std::vector<plugin::Webhook::Subscription> without(const std::vector<plugin::Webhook::Subscription>& some,
                                                   const std::vector<plugin::Webhook::Subscription>& others) {
  std::vector<plugin::Webhook::Subscription> rest;
  std::ranges::copy_if(some, std::back_inserter(rest), [&](const auto& event) {
    return std::ranges::find(others, event.number, &plugin::Webhook::Subscription::number) == others.end();
  });
  return rest;
}

void look_at_events(Patient& patient, Notes& notes, const Stop&) {
  if (!patient.own) return notes.skip({}, "There is no webhook to look at; see the findings before.");
  const WebhookEvents events =
      webhook_events(patient.context.config(), patient.connection, patient.live.connector().profile());
  const auto missing = without(events.wanted, patient.own->events);
  const auto needless = without(patient.own->events, events.wanted);
  if (missing.empty())
    notes.pass({}, "It announces everything that pipelines ask for: " + titles_of(events.wanted) + ".");
  else
    notes.fail({}, "PB2108", "It lacks events that pipelines ask for: " + titles_of(missing) + ".",
               patient.command("create") + " adds them.");
  if (!needless.empty())
    notes.warn({}, "PB2108", "It announces what no pipeline asks for: " + titles_of(needless) + ".",
               patient.command("create") + " takes them away.");
  if (!events.unnumbered.empty()) notes.pass({}, numbers_advice(events));
}

void look_at_log(Patient& patient, Notes& notes, const Stop& stop) {
  if (!patient.own) return notes.skip({}, "There is no webhook to look at; see the findings before.");
  const auto log = patient.live.connector().webhook_log(patient.own->id, kLinesOfLog, stop);
  if (log.empty()) return notes.skip({}, "The source has not delivered anything yet, by its own log.");
  const auto is_failure = [](const plugin::WebhookDelivery& line) { return !line.error.empty(); };
  const auto failures = std::ranges::count_if(log, is_failure);
  const std::string share = std::to_string(failures) + " of the last " + std::to_string(log.size()) +
                            " deliveries failed, by the source's log";
  if (failures == 0) return notes.pass({}, share + ".");
  const plugin::WebhookDelivery& last = *std::ranges::find_if(log, is_failure);
  const std::string fact = share + "; the last at " + last.at + ": " + last.error + ".";
  const bool refused = last.status == 401;
  const std::string_view code = refused ? "PB2111" : "PB2110";
  const std::string fix = refused ? patient.command("create") + " tells the source the secret once more."
                                  : "See the error; " + patient.command("test") + " tries the way again.";
  if (is_failure(log.front())) return notes.fail({}, code, fact, fix);
  notes.warn({}, code, fact + " Newer ones arrived.", fix);
}

/// What the daemon counted for the connection; nothing when none runs.
std::optional<json::object> daemon_figures(Patient& patient) {
  const auto answer = ask_daemon(door_of(patient.context.config().store), {{"status", "--json"}, {}});
  if (!answer || !answer->outcome) return std::nullopt;
  const json::value& daemon = answer->outcome->data.at("daemon");
  if (!daemon.is_object()) return std::nullopt;
  for (const json::value& line : daemon.at("webhooks").at("connections").as_array())
    if (line.at("connection").as_string() == patient.connection.name) return line.as_object();
  return std::nullopt;
}

/// "12 wrong_proof, 3 busy"
std::string reasons_in(const json::object& refused) {
  std::string text;
  for (const auto& [reason, count] : refused)
    text +=
        (text.empty() ? "" : ", ") + grouped(count.to_number<std::uint64_t>()) + " " + std::string(reason);
  return text;
}

void look_at_deliveries(Patient& patient, Notes& notes, const Stop&) {
  const auto figures = daemon_figures(patient);
  if (!figures) return notes.skip({}, "No daemon runs that takes deliveries for this connection.");
  const auto number = [&](std::string_view key) { return figures->at(key).to_number<std::uint64_t>(); };
  const json::object& refused = figures->at("refused").as_object();
  const std::uint64_t taken = number("accepted") + number("duplicates");
  const std::string fact = grouped(number("received")) + " requests came since the daemon started, " +
                           grouped(taken) + " were taken";
  if (refused.empty()) return notes.pass({}, fact + ".");
  const std::string why = fact + ", refused: " + reasons_in(refused) + ".";
  const std::string fix =
      "The daemon's log names the senders. When it is the source: " + patient.command("create") +
      " tells it the secret once more; for stale_timestamp set the clocks; for no_secret, busy and "
      "not_stored "
      "`psabridge doctor`.";
  if (taken == 0) return notes.fail({}, "PB2111", why, fix);
  notes.warn({}, "PB2111", why, fix);
}

/// The smallest share of any pipeline: beyond it one of them polls more often.
double missed_share(const Patient& patient) {
  double share = 1;
  for (const config::Pipeline& pipeline : patient.context.config().pipelines)
    if (pipeline.connection == patient.connection.name)
      share = std::min(share, pipeline.webhooks.missed_share);
  return share;
}

std::string sample_of_missed(Patient& patient) {
  std::string text;
  for (const store::Gap& gap :
       patient.context.journal_reader().gaps(patient.connection.name, "missed", kSampleOfGaps))
    text += (text.empty() ? "" : ", ") + gap.entity + " " + gap.source_id + " (" + gap.changed_at + ")";
  return text;
}

void look_at_gaps(Patient& patient, Notes& notes, const Stop&) {
  const auto hour_ago = patient.context.clock().now() - std::chrono::hours{1};
  const store::GapFigures figures =
      patient.context.journal_reader().gap_figures(patient.connection.name, hour_ago);
  const std::string announced =
      grouped(figures.announced) + " changed objects were announced in the last hour";
  if (figures.missed == 0) return notes.pass({}, announced + ", and polls found no other changes.");
  const std::string fact = announced + ", and polls found " + grouped(figures.missed) +
                           " more. The newest: " + sample_of_missed(patient) + ".";
  const std::string fix =
      "Nothing is lost: polls have brought them. See the findings on events and log above.";
  const auto all = static_cast<double>(figures.missed + figures.announced);
  const bool trusted = figures.missed < serve::GapWatch::kFewMissed ||
                       static_cast<double>(figures.missed) <= missed_share(patient) * all;
  if (trusted) return notes.warn({}, "PB2109", fact, fix);
  notes.fail({}, "PB2109", fact + " Polls have been made more frequent.", fix);
}

constexpr auto kChecks = std::to_array<doctor::Check<Patient>>({
    {"settings", "Address and secret are there", seconds{10}, look_at_settings},
    {"address", "psabridge answers at its public address", seconds{15}, look_at_address},
    {"webhook", "The source has our webhook, as it should be", seconds{60}, look_at_webhook},
    {"events", "It announces what pipelines ask for", seconds{10}, look_at_events},
    {"log", "The source could deliver", seconds{60}, look_at_log},
    {"deliveries", "The daemon takes what comes", seconds{30}, look_at_deliveries},
    {"gaps", "Polls find nothing that was not announced", seconds{10}, look_at_gaps},
});

Outcome check(Context& context, const std::string& name) {
  const config::Connection& connection = context.connection(name);
  if (connection.webhook.auth.empty()) webhook::require_settings(context.config(), connection);
  Patient patient{context, connection, {connection, context.registry(), context.installation()}, false, {}};
  Notes notes(connection.name, context.clock());
  doctor::make_all<Patient>(kChecks, {}, patient, context.clock(), notes, stop_asked);
  const auto findings = notes.take();
  return {.data = json::object{{"connection", connection.name},
                               {"findings", to_json(findings)},
                               {"summary", summary(findings)}},
          .text = to_text(findings, colours_on(Stream::out)),
          .status = status_of(findings)};
}

}  // namespace

void add_webhooks_check_command(CommandTree& tree, CLI::App& group) {
  const auto name = std::make_shared<std::string>();
  auto& command = tree.add(group,
                           {"check", "Look at everything between a change at the source and its event here",
                            "psabridge webhooks check acme"},
                           [name](Context& context) { return check(context, *name); });
  command.add_option("NAME", *name, "Connection; may be left out when there is only one");
}

}  // namespace psabridge::app
