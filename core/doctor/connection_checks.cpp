#include <array>
#include <set>

#include "core/base/text.h"
#include "core/base/time.h"
#include "core/config/secrets.h"
#include "core/connection/live_connection.h"
#include "core/connection/maintenance.h"
#include "core/doctor/check.h"
#include "core/doctor/tables.h"
#include "core/doctor/webhook_checks.h"
#include "core/doctor/write_back_checks.h"
#include "core/net/http_date.h"
#include "core/net/probe.h"
#include "core/net/url.h"

namespace psabridge::doctor {
namespace {

namespace json = boost::json;
using plugin::Stop;
using std::chrono::days;
using std::chrono::seconds;

constexpr int kFewDays = 21;  // of a certificate's life
constexpr Milliseconds kSkewToWatch = seconds{30}, kSkewThatHarms = std::chrono::minutes{5};

/// One connection under examination, with what the checks before have found out.
struct Patient {
  const Subjects& subjects;
  const config::Connection& connection;
  std::optional<net::HttpPolicy> policy;  ///< nothing when its secrets cannot be read
  bool reachable = true;                  ///< as far as is known

  /// Made when it is first needed: its connector, its ways to the network.
  connection::LiveConnection& live() {
    if (!live_) live_.emplace(connection, subjects.registry, subjects.installation);
    return *live_;
  }
  Clock& clock() const { return subjects.installation.clock; }
  /// One address for each server that the configuration names.
  std::vector<std::string> servers() const {
    std::vector<std::string> urls;
    std::set<std::string> seen;
    for (const std::string& url : policy->allowed_urls)
      if (seen.insert(net::parse_url(url).origin()).second) urls.push_back(url);
    return urls;
  }

  std::optional<connection::LiveConnection> live_;
};

std::string milliseconds(Milliseconds span) { return std::to_string(span.count()) + " ms"; }

void look_at_state(Patient& patient, Notes& notes, const Stop&) {
  const connection::Installation& installation = patient.subjects.installation;
  connection::Standing standing(installation.control, installation.redactor, installation.clock);
  const store::ConnectionState state = standing.of(patient.connection);
  const std::string since = state.since.empty() ? "" : " since " + state.since;
  const std::string fact = "It is " + state.state + since + (state.cause.empty() ? "." : ": " + state.cause);
  const std::string& name = patient.connection.name;
  if (state.state == "paused")
    return notes.warn({}, "PB1906", fact,
                      "When the reason is gone: `psabridge connection resume " + name + "`.");
  if (state.state == "unauthorized")
    return notes.warn({}, "PB1907", fact,
                      "Mend what the findings below name; then `psabridge connection auth " + name +
                          "` lets the syncs go on.");
  if (state.state == "maintenance")
    return notes.warn({}, state.code, fact, "Nothing: syncs go on when it is over.");
  notes.pass({}, fact);
}

std::string place_of(const vault::Origin& origin) {
  switch (origin.place) {
    case vault::Origin::Place::plain:
      return "the configuration itself, in plain text";
    case vault::Origin::Place::environment:
      return "the environment";
    case vault::Origin::Place::credential:
      return "the systemd credential " + origin.file.string();
    case vault::Origin::Place::vault:
      return "the vault";
    case vault::Origin::Place::file:
    case vault::Origin::Place::folder:
    case vault::Origin::Place::nowhere:
      return "the file " + origin.file.string();
  }
  return {};
}

void look_at_secrets(Patient& patient, Notes& notes, const Stop&) {
  const connection::Installation& installation = patient.subjects.installation;
  auto references = config::secret_references(patient.connection);
  references.erase(patient.connection.webhook.secret);  // its own check follows: the others need it not
  for (const std::string& reference : references) {
    try {
      const std::string secret = installation.secrets.resolve(reference);
      // Of a proxy only the sign-in is secret; the policy made below hides it.
      if (reference != patient.connection.proxy) installation.redactor.add(secret);
      notes.pass(reference, "It is read from " + place_of(installation.secrets.origin(reference)) + ".");
    } catch (const Error& error) {
      notes.fail(reference, error);
    }
  }
  if (notes.nothing_found()) notes.pass({}, "The configuration of this connection refers to no secret.");
  if (notes.sound())
    patient.policy = connection::http_policy(patient.connection, installation.secrets, installation.redactor,
                                             connection::Purpose::check);
  else
    patient.reachable = false;
}

/// True when there is somebody to talk to; else the check says why it is left out.
bool can_go_on(const Patient& patient, Notes& notes) {
  if (patient.policy && patient.reachable) return true;
  notes.skip({}, patient.policy ? "The server cannot be reached; see the findings before."
                                : "A secret is missing; see the findings before.");
  return false;
}

net::Probe probe_of(Patient& patient) { return net::Probe(*patient.policy, patient.clock()); }

void note_name(const std::string& host, const net::NameFacts& facts, Patient& patient, Notes& notes) {
  std::string numbers, closed;
  bool permitted = false;
  for (const auto& address : facts.addresses) {
    numbers += (numbers.empty() ? "" : ", ") + address.number;
    if (!address.range.empty()) numbers += " (" + address.range + ")";
    permitted = permitted || address.permitted;
    if (!address.permitted) closed = address.range;
  }
  if (facts.outcome != net::NameFacts::Outcome::found) {
    patient.reachable = false;
    return notes.fail(
        host, "PB1201", facts.sentence,
        "Check the spelling of the address in the configuration and the name server of this machine.");
  }
  if (permitted || facts.addresses.empty())
    return notes.pass(host, "Its addresses are " + numbers + " (" + milliseconds(facts.took) + ").");
  patient.reachable = false;
  notes.fail(
      host, "PB1216", "Its address is not public: " + numbers + ".",
      "If the server really is in your own network, set `allow_private: true` of the connection. If not, "
      "somebody answers in its name: check the name server.");
}

void look_at_names(Patient& patient, Notes& notes, const Stop& stop) {
  if (!can_go_on(patient, notes)) return;
  const net::Probe probe = probe_of(patient);
  for (const std::string& url : patient.servers()) {
    const std::string host = net::parse_url(url).host;
    if (const auto proxy = probe.proxy_for(url))
      notes.skip(host, "The proxy " + *proxy + " looks this name up.");
    else
      note_name(host, probe.name(url, stop), patient, notes);
  }
}

void look_at_way(Patient& patient, Notes& notes, const Stop& stop) {
  if (!can_go_on(patient, notes)) return;
  const net::Probe probe = probe_of(patient);
  for (const std::string& url : patient.servers()) {
    const net::ConnectFacts facts = probe.connect(url, stop);
    const std::string origin = net::parse_url(url).origin();
    if (facts.outcome == net::ConnectFacts::Outcome::connected) {
      notes.pass(origin, (facts.by_proxy ? "Connected through the proxy " : "Connected to ") + facts.address +
                             " in " + milliseconds(facts.took) + ".");
      continue;
    }
    patient.reachable = false;
    const bool proxy = facts.outcome == net::ConnectFacts::Outcome::proxy_wants_sign_in ||
                       facts.outcome == net::ConnectFacts::Outcome::proxy_refused;
    const Error error(proxy ? "PB1214" : "PB1201", facts.sentence);
    notes.fail(origin, error);
  }
}

void note_certificate(const std::string& origin, const net::TlsFacts& facts, SysMilliseconds now,
                      Notes& notes) {
  const auto& certificate = *facts.certificate;
  const int left = certificate.days_left(now);
  const std::string fact = facts.protocol + ", certificate of " + certificate.issuer + " for another " +
                           std::to_string(left) + " days, chain of " + std::to_string(facts.chain_length) +
                           ".";
  if (left > kFewDays) return notes.pass(origin, fact);
  notes.warn(origin, "PB1213", fact, "Whoever runs the server has to renew its certificate before it ends.");
}

/// A handshake that broke or took too long says nothing about trust: a firewall in between does that.
std::string_view code_of(net::TlsFacts::Outcome outcome) {
  const bool no_way =
      outcome == net::TlsFacts::Outcome::not_connected || outcome == net::TlsFacts::Outcome::failed;
  return no_way ? "PB1201" : "PB1213";
}

void look_at_tls(Patient& patient, Notes& notes, const Stop& stop) {
  if (!can_go_on(patient, notes)) return;
  const net::Probe probe = probe_of(patient);
  for (const std::string& url : patient.servers()) {
    const std::string origin = net::parse_url(url).origin();
    if (!net::parse_url(url).secure()) {
      notes.skip(origin, "It is asked without TLS, on this machine.");
      continue;
    }
    const net::TlsFacts facts = probe.tls(url, stop);
    if (facts.outcome == net::TlsFacts::Outcome::trusted) {
      note_certificate(origin, facts, patient.clock().now(), notes);
      continue;
    }
    patient.reachable = false;
    notes.fail(origin, Error(code_of(facts.outcome), facts.sentence));
  }
}

/// The entities that pipelines read through this connection.
std::vector<std::string> entities_of(const Patient& patient) {
  std::set<std::string> entities;
  for (const config::Pipeline& pipeline : patient.subjects.config.pipelines) {
    if (pipeline.connection != patient.connection.name) continue;
    for (const config::EntityUse& use : pipeline.entities) {
      entities.insert(use.entity);
      if (use.notes) entities.insert("note");
    }
  }
  return {entities.begin(), entities.end()};
}

void look_at_source(Patient& patient, Notes& notes, const Stop& stop) {
  if (!can_go_on(patient, notes)) return;
  patient.live().connector().check(
      entities_of(patient), [&](plugin::Finding finding) { notes.add(std::move(finding)); }, stop);
  if (notes.nothing_found())
    notes.skip({}, "The connector " + patient.connection.connector + " has no checks of its own.");
}

void look_at_consent(Patient& patient, Notes& notes, const Stop& stop) {
  if (!can_go_on(patient, notes)) return;
  const std::string text = patient.live().connector().sign_in(stop);
  if (text.empty()) return notes.pass({}, "This connection signs in without tokens.");
  const connection::SignIn sign_in = connection::parse_sign_in(text);
  const auto kept = patient.live().services().tokens().kept(sign_in);
  if (!kept) return notes.skip({}, "No token is kept yet.");
  if (sign_in.grant == connection::Grant::client_credentials)
    return notes.pass({}, "The token of " + kept->granted_at + " is renewed by itself.");
  if (kept->refreshable)
    return notes.pass({}, "A person agreed at " + kept->consented_at + "; tokens are renewed by themselves.");
  notes.warn(
      {}, "PB1902",
      "The consent of " + kept->consented_at + " came without a refresh token: it ends at " +
          kept->expires_at + ".",
      "Allow the scope offline_access to the application in the source, then `psabridge connection auth " +
          patient.connection.name + "`.");
}

void look_at_clock(Patient& patient, Notes& notes, const Stop& stop) {
  if (!can_go_on(patient, notes)) return;
  const std::string url = patient.servers().front();
  const auto answer = patient.live().services().http({"GET", url, {}, {}, true}, stop);
  const auto date = std::ranges::find_if(
      answer.headers, [](const auto& header) { return equals_ignoring_case(header.first, "Date"); });
  const auto server = date == answer.headers.end() ? std::nullopt : net::parse_http_date(date->second);
  if (!server) return notes.skip({}, "The server does not tell its time.");
  const Milliseconds skew = patient.clock().now() - *server;
  const std::string fact = "This machine's clock is " + std::to_string(std::abs(skew / seconds{1})) + " s " +
                           (skew < Milliseconds{0} ? "behind" : "ahead of") + " the server's.";
  const std::string fix = "Let this machine's clock be set by a time server (timedatectl set-ntp true).";
  const Milliseconds size = skew < Milliseconds{0} ? -skew : skew;
  if (size < kSkewToWatch) return notes.pass({}, fact);
  if (size < kSkewThatHarms) return notes.warn({}, "PB2010", fact, fix);
  notes.fail({}, "PB2010", fact + " Tokens end too early or too late, and certificates look invalid.", fix);
}

void look_at_webhook(Patient& patient, Notes& notes, const Stop& stop) {
  if (patient.connection.webhook.auth.empty()) return;
  const WebhookSubject subject{patient.subjects.config, patient.connection, patient.subjects.installation};
  if (look_at_webhook_settings(subject, notes) && can_go_on(patient, notes))
    look_at_own_webhook(subject, patient.live().connector(), notes, stop);
}

void look_at_write_back(Patient& patient, Notes& notes, const Stop& stop) {
  if (!is_written_to(patient.subjects.config, patient.connection.name) || !can_go_on(patient, notes)) return;
  const std::string text = patient.live().connector().sign_in(stop);
  if (text.empty()) return notes.skip("right", "This connection signs in without tokens: its key decides.");
  look_at_write_rights(patient.connection.name, patient.subjects.config, patient.live().connector().profile(),
                       connection::parse_sign_in(text).scopes, notes);
}

constexpr auto kChecks = std::to_array<Check<Patient>>({
    {"state", "Nobody paused it and it does not wait for a sign-in", seconds{5}, look_at_state},
    {"secrets", "Every secret that it refers to can be read", seconds{10}, look_at_secrets},
    {"dns", "The names of its servers lead to addresses that may be asked", seconds{15}, look_at_names},
    {"connect", "Its servers can be reached, through the proxy if there is one", seconds{30}, look_at_way},
    {"tls", "Its servers speak TLS 1.2 or newer and can be trusted", seconds{45}, look_at_tls},
    {"source", "What its connector looks at: address, tenant, sign-in, agent, rights, health", seconds{120},
     look_at_source},
    {"consent", "Its tokens renew by themselves", seconds{10}, look_at_consent},
    {"clock", "This machine and the server agree about the time", seconds{20}, look_at_clock},
    {"webhook", "If it takes webhooks: the source has ours, as it should be, and it is active", seconds{60},
     look_at_webhook},
    {"write-back", "If something is written to it: the right to do so is asked for", seconds{60},
     look_at_write_back},
});

/// The check of the secrets makes the policy; when it is not asked for, somebody else has to.
bool wants_policy(const Options& options) {
  return !options.checks.empty() && std::ranges::find(options.checks, "secrets") == options.checks.end();
}

}  // namespace

std::vector<CheckInfo> connection_checks() {
  std::vector<CheckInfo> all;
  all.reserve(kChecks.size());
  for (const auto& check : kChecks) all.push_back({check.name, check.sentence});
  return all;
}

std::vector<CheckInfo> checks() {
  std::vector<CheckInfo> all = installation_checks();
  std::ranges::move(connection_checks(), std::back_inserter(all));
  return all;
}

std::vector<Finding> examine_connection(const Subjects& subjects, const config::Connection& connection,
                                        const Options& options, const Stop& stop) {
  Patient patient{.subjects = subjects, .connection = connection, .policy = {}, .live_ = {}};
  const connection::Installation& installation = subjects.installation;
  if (wants_policy(options))
    patient.policy = connection::http_policy(connection, installation.secrets, installation.redactor,
                                             connection::Purpose::check);
  Notes notes(connection.name, installation.clock);
  make_all<Patient>(kChecks, options, patient, installation.clock, notes, stop);
  return notes.take();
}

}  // namespace psabridge::doctor
