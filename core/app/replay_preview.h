// What a replay of events would do, found out without doing it; shared by `events` and `dead`.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "core/app/context.h"
#include "core/app/reread.h"
#include "core/store/journal.h"

namespace psabridge::app {

/// An object that events name, as it stands in the store now.
struct NamedObject {
  std::string connection, entity, source_id;
  std::uint64_t events = 0;
  std::string stored;   ///< "stored", "deleted" or "not stored"
  std::string version;  ///< the source's, when it is stored and has one
};

struct ReplayPreview {
  std::uint64_t events = 0;          ///< that would be ready again
  std::uint64_t unread = 0;          ///< of these: deliveries that name no object, or were never understood
  std::uint64_t objects = 0;         ///< distinct ones
  std::uint64_t requests = 0;        ///< to the source, at most: one for each object and pipeline
  std::vector<NamedObject> shown;    ///< the first kMostTrials objects
  std::vector<TrialEffect> effects;  ///< what a read of the shown ones now would do
};

/// Takes the store's lock. Throws Error PB13xx.
ReplayPreview preview_replay(Context& context, const store::EventQuery& query);

boost::json::object to_json(const ReplayPreview& preview);
std::string to_text(const ReplayPreview& preview);

}  // namespace psabridge::app
