// What only a plugin without the facade can do wrong.
#include "core/plugin/event_sink.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace psabridge::plugin {
namespace {

const LoadedRole kRole{"com.example.x", "x", "connector \"x\"", "x connector", nullptr};

/// The refusal of an event, or "taken".
std::string refusal_of(const psabridge_event& event) {
  ConnectorProfile profile;
  profile.entities["ticket"];
  VerbCall call(kRole, "decode", {});
  EventSink sink(call, profile);
  try {
    call.run([&](const psabridge_call*) {
      sink.plain()->event(sink.plain()->host, &event);
      return PSABRIDGE_OK;
    });
  } catch (const Error& error) {
    CHECK(error.code() == "PB1111");
    return error.message();
  }
  return sink.finish().size() == 1 ? "taken" : "lost";
}

psabridge_event event_of_kind(std::string_view kind) {
  psabridge_event event{};
  event.size = sizeof event;
  event.kind = borrow(kind);
  return event;
}

}  // namespace

TEST_CASE("flags that the contract does not know are refused") {
  psabridge_event event = event_of_kind("x");
  CHECK(refusal_of(event) == "taken");
  event.flags = PSABRIDGE_EVENT_DELETED;
  CHECK(refusal_of(event) == "taken");
  event.flags = PSABRIDGE_EVENT_DELETED | 8u;
  CHECK(refusal_of(event).find("the unknown flags 9") != std::string::npos);
}

TEST_CASE("a record that is not called whole is refused") {
  psabridge_event event = event_of_kind("x");
  event.entity = borrow("ticket");
  event.source_id = event.record.source_id = borrow("5");
  event.record.text = borrow("{}");
  CHECK(refusal_of(event).find("does not call whole") != std::string::npos);
  event.flags = PSABRIDGE_EVENT_WHOLE;
  CHECK(refusal_of(event) == "taken");
}

TEST_CASE("a struct of an event that is too small is refused before it is read") {
  psabridge_event event = event_of_kind("x");
  event.size = offsetof(psabridge_event, flags);
  CHECK(refusal_of(event).find("too small") != std::string::npos);
  event.size = sizeof event + 64;  // a newer plugin's
  CHECK(refusal_of(event) == "taken");
}

}  // namespace psabridge::plugin
