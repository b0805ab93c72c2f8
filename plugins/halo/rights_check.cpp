#include "rights_check.h"

#include <algorithm>
#include <vector>

#include "failure_finding.h"
#include "sign_in.h"

namespace psabridge::halo {
namespace {

using sdk::Failure;
using sdk::Health;

constexpr std::string_view kScope = "scope", kVisibility = "visibility";
constexpr std::string_view kNobody = "1";  // client 1 of Halo is "Unassigned"

/// "ticket type" of "ticket_type".
std::string plain(std::string_view entity) {
  std::string words(entity);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

/// "1 ticket record is visible", "12 ticket records are visible".
std::string visible_words(std::int64_t count, std::string_view entity) {
  return std::to_string(count) + " " + plain(entity) +
         (count == 1 ? " record is visible" : " records are visible");
}

bool have_custom_fields(std::span<const std::string_view> entities) {
  return std::any_of(entities.begin(), entities.end(), [](std::string_view name) {
    const Entity* entity = find_entity(name);
    return entity && entity->custom_fields;
  });
}

}  // namespace

void RightsCheck::look_at_lists(std::span<const std::string_view> entities, const std::string& agent) {
  agent_ = agent;
  for (const std::string_view name : entities) {
    sdk::Host::stop_if_cancelled();
    try {
      look_at(name);
    } catch (const Failure& failure) {
      tell_failure(failure, kScope, name, findings_);
    }
  }
  if (have_custom_fields(entities)) look_at_custom_fields();
}

void RightsCheck::look_at(std::string_view name) {
  const Entity* entity = find_entity(name);
  if (!entity) {
    findings_.add(
        {.health = Health::skip,
         .check = kScope,
         .subject = name,
         .error_code = "PB1051",
         .fact = "The Halo connector does not know this entity.",
         .fix = "Correct its name in the pipeline; `psabridge plugins describe` lists the entities."});
  } else if (entity->reading == Reading::children) {
    look_at_notes(*entity);
  } else if (entity->reading == Reading::passes) {
    judge(*entity, tickets());
  } else {
    judge(*entity, probe_list(session_, *entity));
  }
}

const Probe& RightsCheck::tickets() {
  if (!tickets_) tickets_ = probe_list(session_, *find_entity("ticket"));
  return *tickets_;
}

void RightsCheck::look_at_notes(const Entity& entity) {
  const std::string ticket = member_of(tickets().first, "id");
  if (ticket.empty()) {
    findings_.add({.health = Health::skip,
                   .check = kScope,
                   .subject = entity.name,
                   .fact = "Not looked at, because no ticket is visible whose notes could be read.",
                   .fix = "Mend the right to see tickets, then test again."});
    return;
  }
  sdk::Host::stop_if_cancelled();
  const Probe probe = probe_list(session_, entity, ticket);
  if (probe.is_refused()) return refuse(entity, probe.status);
  findings_.add({.check = kScope,
                 .subject = entity.name,
                 .fact = visible_words(probe.visible, entity.name) + " at ticket " + ticket + "."});
}

void RightsCheck::judge(const Entity& entity, const Probe& probe) {
  if (probe.is_refused()) return refuse(entity, probe.status);
  if (probe.visible == 0) return suspect(entity);
  findings_.add(
      {.check = kScope, .subject = entity.name, .fact = visible_words(probe.visible, entity.name) + "."});
}

void RightsCheck::refuse(const Entity& entity, int status) {
  if (entity.name == "client") clients_hidden_ = true;
  findings_.add({.health = Health::fail,
                 .check = kScope,
                 .subject = entity.name,
                 .error_code = "PB1204",
                 .fact = "Halo does not show " + plain(entity.name) + " records to this application (HTTP " +
                         std::to_string(status) + " from " + session_.url_of(std::string(entity.resource)) +
                         ").",
                 .fix = fix_for(entity)});
}

void RightsCheck::suspect(const Entity& entity) {
  const std::string name = plain(entity.name);
  findings_.add({.health = Health::warn,
                 .check = kScope,
                 .subject = entity.name,
                 .error_code = "PB1204",
                 .fact = "Halo gives an empty list of " + name +
                         " records. Halo answers so, without an error, when a right is missing.",
                 .fix = "When Halo does have " + name + " records: " + fix_for(entity)});
}

/// The right of the application and that of its agent: both are needed.
std::string RightsCheck::fix_for(const Entity& entity) const {
  const auto& asked = settings_.scopes;
  const bool asks = std::any_of(asked.begin(), asked.end(), [&](const std::string& scope) {
    return scope == entity.scope || scope.starts_with("all");
  });
  std::string fix = "Tick " + std::string(entity.scope) + " on the Permissions tab of the API application (" +
                    std::string(kApplications) + ")";
  if (!asks && settings_.grant != Grant::api_key)
    fix += " and add it to auth.scopes of the connection, which does not ask for it";
  return fix + ". Then give the agent " + agent_ +
         " a role that may see all clients, teams and departments (Configuration > Agents > Roles).";
}

void RightsCheck::look_at_custom_fields() {
  constexpr std::string_view kSubject = "custom_field";
  sdk::Host::stop_if_cancelled();
  try {
    const Probe probe = probe_custom_fields(session_);
    if (!probe.is_refused()) {
      findings_.add(
          {.check = kScope, .subject = kSubject, .fact = visible_words(probe.visible, kSubject) + "."});
      return;
    }
    findings_.add({.health = Health::warn,
                   .check = kScope,
                   .subject = kSubject,
                   .error_code = "PB1204",
                   .fact = "The definitions of custom fields may not be read (HTTP " +
                           std::to_string(probe.status) + " from " + session_.url_of("FieldInfo") +
                           "), so records come without custom fields. They are complete otherwise.",
                   .fix = "Give the agent " + agent_ +
                          " a role that may see custom fields (Configuration > Agents > Roles)."});
  } catch (const Failure& failure) {
    tell_failure(failure, kScope, kSubject, findings_);
  }
}

void RightsCheck::look_behind_a_ticket() {
  if (!tickets_ || tickets_->first.empty() || clients_hidden_) return;
  const std::string ticket = member_of(tickets_->first, "id");
  const std::string client = member_of(tickets_->first, "client_id");
  if (client.empty() || client == kNobody || client.starts_with('-') || client == "0") return;
  sdk::Host::stop_if_cancelled();
  const sdk::HttpResponse answer = session_.get("Client/" + encoded(client), "");
  const std::string names = "Ticket " + ticket + " belongs to client " + client;
  if (answer.status == 200) {
    findings_.add({.check = kVisibility, .fact = names + ", which is visible too."});
    return;
  }
  const bool hidden = answer.status == 403 || answer.status == 404 || answer.status == 401;
  if (!hidden) throw session_.failure(answer, "Client", "client", find_entity("client")->scope);
  findings_.add({.health = Health::warn,
                 .check = kVisibility,
                 .error_code = "PB1204",
                 .fact = names + ", which the agent " + agent_ + " does not see (HTTP " +
                         std::to_string(answer.status) +
                         "). Its sites, contacts and assets are missing as well.",
                 .fix = "Unless that client was deleted, give the agent " + agent_ +
                        " a role that may see all clients (Configuration > Agents > Roles)."});
}

}  // namespace psabridge::halo
