// Halo's own merge of two clients or two contacts, which Halo cannot take back.
#pragma once
#include <psabridge/plugin.hpp>
#include <string_view>

#include "session.h"

namespace psabridge::halo {

/// True for an entity whose records Halo can merge.
bool can_merge(std::string_view entity) noexcept;

/// Has Halo merge the record of the change into the one that its field `merged_into` names: what belongs to
/// it moves there, and it is gone. A change that was tried before and whose record is gone is done. Throws
/// Failure for what stops every change.
///
/// `_merge_client_into` of Customer and `_merge_user_into` of Users are known from the schema of Halo's API
/// only: both are integers. Hence the proof by reading, before and after.
void merge(Session& session, const sdk::Change& change, sdk::Pushed& pushed);

}  // namespace psabridge::halo
