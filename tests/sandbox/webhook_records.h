// The configuration rows behind webhooks, as Halo's API has them: JSON objects with a fixed set of members.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>

#include "tests/sandbox/deliveries.h"
#include "tests/sandbox/envelope.h"
#include "tests/sandbox/posting.h"

namespace sandbox {

// Rows with every member at its default.
boost::json::object new_webhook();
boost::json::object new_notification();

// Sets the members of `record` that `item` names and Halo lets callers set; others are ignored, as Halo does.
// The refusal tells of a value that has another type than its member.
std::optional<Refusal> merge(boost::json::object& record, const boost::json::object& item, std::size_t index);
// What is wrong with the whole row.
std::optional<Refusal> check_webhook(const boost::json::object& webhook);
std::optional<Refusal> check_notification(const boost::json::object& notification);

// The webhook as GET and POST show it: without its secret.
boost::json::object without_secret(boost::json::object webhook);
Route route_of(const boost::json::object& webhook);
Payload payload_of(const boost::json::object& webhook);

}  // namespace sandbox
