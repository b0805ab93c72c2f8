#include "merging.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "posting.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;
using sdk::Failure;
using sdk::Outcome;

/// What can be merged, and the member of a posted row that says into which.
struct Mergeable {
  Target target;
  std::string_view key;
};
constexpr auto kMergeables =
    std::to_array<Mergeable>({{{"client", "Client", "edit:customers", "customers"}, "_merge_client_into"},
                              {{"contact", "Users", "edit:customers", "users"}, "_merge_user_into"}});

constexpr std::string_view kUnassigned = "1";  // Halo's own record for what belongs to nobody

const Mergeable* mergeable(std::string_view entity) {
  const auto* const found =
      std::ranges::find(kMergeables, entity, [](const Mergeable& each) { return each.target.entity; });
  return found == kMergeables.end() ? nullptr : found;
}

std::optional<Failure> objection(const Target& target, const std::string& gone, const std::string& stays) {
  std::string why;
  if (!is_number(gone) || !is_number(stays))
    why = "that is no number of Halo's";
  else if (gone == stays)
    why = "that is one and the same";
  else if (gone == kUnassigned)
    why = "it is Halo's own, for what belongs to nobody";
  else
    return std::nullopt;
  return Failure(
      Outcome::invalid,
      "The " + std::string(target.entity) + " " + gone + " cannot be merged into " + stays + ": " + why + ".",
      "PB2302");
}

/// Halo said that it merged, and does not show it.
Failure not_merged(const std::string& what, const std::string& found) {
  return Failure(Outcome::invalid,
                 "Halo took " + what + ", and afterwards " + found +
                     " Look at both in Halo, and merge them there by hand.",
                 "PB2304");
}

}  // namespace

bool can_merge(std::string_view entity) noexcept { return mergeable(entity) != nullptr; }

void merge(Session& session, const sdk::Change& change, sdk::Pushed& pushed) {
  const auto& [target, key] = *mergeable(change.entity);
  const std::string gone(change.source_id), stays(change.wanted("merged_into"));
  if (const auto failure = objection(target, gone, stays)) return pushed.refused(change, *failure);
  if (!shown_record(session, target, stays)) return pushed.refused(change, not_there(target, stays));
  const auto before = shown_record(session, target, gone);
  if (!before) {
    if (!change.tried_at.empty()) return pushed.done(change, stays);
    return pushed.refused(change, not_there(target, gone));
  }
  const std::string what = "the merge of " + std::string(target.entity) + " " + gone + " into " + stays;
  const sdk::HttpResponse answer =
      posted(session, target, {json::object{{"id", number_of(gone)}, {key, number_of(stays)}}});
  if (!is_success(answer.status)) return pushed.refused(change, not_taken(answer, what));
  if (!shown_record(session, target, stays))
    return pushed.refused(change, not_merged(what, stays + " is not there any more."));
  const auto after = shown_record(session, target, gone);
  if (after && has_true(*after, "inactive") == has_true(*before, "inactive"))
    return pushed.refused(change, not_merged(what, gone + " is there as before."));
  pushed.done(change, stays);
}

}  // namespace psabridge::halo
