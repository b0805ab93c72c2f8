// Events as people and programs see them; shared by `events` and `dead`.
#pragma once
#include <boost/json.hpp>
#include <span>
#include <string>

#include "core/store/journal.h"

namespace psabridge::app {

/// Every fact but the body.
boost::json::object to_json(const store::Event& event);
/// The body joins the facts: `body`, or `body_hex` when it is no text.
boost::json::object to_json_with_body(const store::Event& event);
boost::json::array to_json(std::span<const store::EventStep> steps);

/// "ticket 4711", "ticket", or nothing as long as the event was not read.
std::string object_of(const store::Event& event);
/// What became of it, in a few words: the effect, or the code with its reason.
std::string result_of(const store::Event& event);

/// All facts, a line each.
std::string facts_text(const store::Event& event);
/// A body for people: JSON indented, other text as a JSON string (it may hold anything), bytes in
/// hexadecimal.
std::string body_text(const std::string& body);

}  // namespace psabridge::app
