#include "failure_finding.h"

#include "sign_in.h"

namespace psabridge::halo {
namespace {

using sdk::Failure;
using sdk::Outcome;

constexpr std::pair<std::string_view, std::string_view> kFixes[] = {
    {"PB1201",
     "Look at the name, port, firewall and proxy of the address; the checks of the network say more."},
    {"PB1202", "Look for a proxy or firewall that cuts or changes answers, then test again."},
    {"PB1204", "Give the agent a role that may see this (Configuration > Agents)."},
    {"PB1205",
     "Wait, and lower rate_limit of the connection: Halo's limit holds for all integrations of a tenant "
     "together."},
    {"PB1206",
     "Wait and test again; when it stays, ask Halo's support. The credentials need no change for this."},
    {"PB1230",
     "Wait, and test again; nothing has to be changed. Halo's status page tells how long it takes."},
    {"PB1902",
     "Sign in with `psabridge connection auth` and the connection's name, as the agent that psabridge "
     "shall act as."},
    {"PB1903", "Sign in once more with `psabridge connection auth` and the connection's name."},
    {"PB1209", "When the address is right, write it into the connection as auth_url or api_url."},
    {"PB1213", "Renew the server's certificate, or name the authority that signed it in tls.ca_file."},
    {"PB1214", "Correct proxy of the connection, or add the server to no_proxy."}};

std::string fix_for(const Failure& failure) {
  for (const auto& [code, fix] : kFixes)
    if (failure.error_code() == code) return std::string(fix);
  if (failure.error_code() == "PB1207")
    return "Take url, api_url and auth_url of the connection from " + std::string(kApiDetails) + ".";
  if (failure.outcome() == Outcome::unauthorized)
    return "In Halo, " + std::string(kApplications) +
           " > the application: see that it is active, that its Login Type is Agent with an agent that is "
           "not "
           "disabled, and that its client id or key is the connection's.";
  return "Correct what the message names, then test again.";
}

/// The code of a failure without one.
std::string_view code_of(const Failure& failure) {
  if (!failure.error_code().empty()) return failure.error_code();
  switch (failure.outcome()) {
    case Outcome::retry:
      return "PB1206";
    case Outcome::throttled:
      return "PB1205";
    case Outcome::unauthorized:
      return "PB1203";
    case Outcome::forbidden:
      return "PB1204";
    default:
      return "PB1208";
  }
}

}  // namespace

void tell_failure(const Failure& failure, std::string_view check, std::string_view subject,
                  sdk::Findings& findings, const Query& advice) {
  if (failure.outcome() == Outcome::cancelled) throw failure;
  std::string fact = failure.what();
  std::string fix = fix_for(failure);
  for (const auto& [error, words] : advice) {
    const std::size_t at = fact.find(words);
    if (at == std::string::npos || at == 0) continue;
    fact.erase(at - 1, words.size() + 1);  // with the blank before it
    fix = words;
    break;
  }
  findings.add({.health = sdk::Health::fail,
                .check = check,
                .subject = subject,
                .error_code = code_of(failure),
                .fact = fact,
                .fix = fix});
}

}  // namespace psabridge::halo
