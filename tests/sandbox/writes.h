// POST and DELETE: an array of rows to create or update, all or nothing, with Halo's answers.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/application.h"
#include "tests/sandbox/dataset.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/posting.h"
#include "tests/sandbox/renderer.h"
#include "tests/sandbox/resources.h"
#include "tests/sandbox/webhooks.h"

namespace sandbox {

// Thread-safe: takes the data set's lock itself.
class Writes {
 public:
  Writes(Dataset& data, Faults& faults, const VirtualClock& clock, const Registration& registration,
         Webhooks& webhooks)
      : data_(data), faults_(faults), clock_(clock), registration_(registration), webhooks_(webhooks) {}

  void post(const Resource& resource, const Request& request, Response& response);
  void remove(const Resource& resource, std::string_view id, const Request& request, Response& response);

 private:
  std::optional<Refusal> check(const Resource& resource, const boost::json::value& item, std::size_t index);
  std::optional<Refusal> check_row(const Resource& resource, const boost::json::object& item);
  std::optional<Refusal> check_ticket_update(const Row& ticket, const boost::json::object& item);
  std::optional<Refusal> check_action(const boost::json::object& item);
  void apply(const Resource& resource, const boost::json::object& item, TextBuffer& out);
  void apply_row(const Resource& resource, const boost::json::object& item, TextBuffer& out);
  void apply_action(const boost::json::object& item, TextBuffer& out);

  Dataset& data_;
  Faults& faults_;
  const VirtualClock& clock_;
  const Registration& registration_;
  Webhooks& webhooks_;
};

}  // namespace sandbox
