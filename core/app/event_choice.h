// Which events a command is about: options that several commands share.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/app/context.h"
#include "core/store/journal.h"

namespace psabridge::app {

/// As it stands on the command line; what is empty does not matter.
struct EventChoice {
  std::vector<store::EventId> ids;
  std::string connection, kind, entity, source_id, code, search, since, until;
  std::vector<std::string> states;
};

/// ID..., --connection, --kind and so on. `choice` outlives the command.
void add_event_filters(CLI::App& command, EventChoice& choice);

/// True when there is an id or a filter.
bool says_which(const EventChoice& choice) noexcept;

/// The choice as the journal understands it. Throws Error PB1601 for a time that is none, PB1602 for an event
/// that there is not.
store::EventQuery query_of(Context& context, const EventChoice& choice);

/// "2h" (so long ago) or a time as in RFC 3339; nothing when the text is empty. `option` is named by the
/// Error PB1601 when it is neither.
std::optional<SysMilliseconds> moment_of(const std::string& option, const std::string& text, Clock& clock);

/// Throws Error PB1602 when there is none.
store::Event find_event(store::JournalReader& reader, store::EventId id);

}  // namespace psabridge::app
