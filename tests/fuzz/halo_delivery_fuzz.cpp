// Any bytes as a delivery of Halo's webhook: it is refused with PB2102, or gives events that the host takes,
// whose pieces lie within the body.
#include <cstdint>
#include <cstdlib>
#include <psabridge/plugin.hpp>
#include <string_view>

#include "core/base/text.h"
#include "core/base/time.h"
#include "deliveries.h"
#include "entities.h"

namespace {

using namespace psabridge;

void expect(bool holds) {
  if (!holds) std::abort();
}

bool lies_within(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void look_at(const halo::DeliveredEvent& event, std::string_view body) {
  expect(!event.kind.empty() && is_utf8(event.kind) && is_utf8(event.key) && is_utf8(event.body));
  expect(lies_within(event.body, body));
  expect(event.entity.empty() || halo::find_entity(event.entity));
  expect(event.occurred_at.empty() || parse_time(event.occurred_at));
  expect(event.source_id.find_first_not_of("0123456789") == std::string::npos);
  if (!event.record) return;
  expect(lies_within(event.record->text, event.body) && !event.source_id.empty());
  expect(event.record->id == event.source_id && event.record->version.size() == 24);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  try {
    for (const halo::DeliveredEvent& event : halo::read_delivery(body)) look_at(event, body);
  } catch (const sdk::Failure& failure) {
    expect(failure.outcome() == sdk::Outcome::invalid && failure.error_code() == "PB2102");
    expect(is_utf8(failure.what()));
  }
  return 0;
}
