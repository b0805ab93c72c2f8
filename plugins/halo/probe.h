// A first look at a list of Halo's: one row of it, as cheap as the list allows.
#pragma once
#include <cstdint>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "entities.h"
#include "session.h"

namespace psabridge::halo {

/// What one request to a list told.
struct Probe {
  int status = 0;            ///< 200, or 401 or 403 where a right is missing
  std::int64_t visible = 0;  ///< records that this sign-in sees, as Halo counts them
  std::string first;         ///< text of one of them; empty: there is none
  sdk::HttpResponse answer;

  bool is_refused() const noexcept { return status == 401 || status == 403; }
};

/// `parent`: for a child entity, the id of the record that it belongs to. Throws Failure when the answer is
/// neither a list nor a refusal.
Probe probe_list(Session& session, const Entity& entity, std::string_view parent = {});

/// The definitions of custom fields.
Probe probe_custom_fields(Session& session);

/// A member of a record: its text, or its number as text; empty when it is not there.
std::string member_of(std::string_view record, std::string_view name);

}  // namespace psabridge::halo
