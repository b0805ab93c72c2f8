// What a webhook endpoint may be sent, and what an event must hold whatever was sent; for conformance.cpp.
#pragma once
#include <psabridge/abi.h>

#include <cstdint>
#include <initializer_list>
#include <psabridge/plugin.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::testkit {

struct HostileDelivery {
  std::string name, body;
};

inline std::vector<HostileDelivery> hostile_deliveries() {
  const std::string many(200'000, '[');
  return {{"an empty body", ""},
          {"blanks", " \r\n\t"},
          {"no JSON", "event=ticket&id=5"},
          {"a page", "<html><body>Bad gateway</body></html>"},
          {"JSON cut short", R"({"event": "ticket updated", "ticket": {"id": 5)"},
          {"a number", "7"},
          {"null", "null"},
          {"an empty object", "{}"},
          {"an empty list", "[]"},
          {"a list of everything", R"([null, 7, "x", [], {}, {"id": {}}, {"event": [], "object_id": -1}])"},
          {"huge nesting", many},
          {"huge nesting of objects",
           [] {
             std::string text;
             for (int i = 0; i < 50'000; ++i) text += R"({"ticket":)";
             return text;
           }()},
          {"bytes that are no UTF-8", "{\"event\": \"\xff\xfe\", \"object_id\": 5}"},
          {"NUL characters", std::string("{\"event\": \"a\\u0000b\"\0}", 22)},
          {"half a surrogate pair", R"({"event": "\ud800", "object_id": 5})"},
          {"odd numbers", R"({"object_id": 1e400, "id": -0.0, "ticket_id": 123456789012345678901234567890})"},
          {"a long text", "{\"event\": \"" + std::string(1'000'000, 'x') + "\", \"object_id\": 5}"},
          {"a member twice", R"({"object_id": 5, "object_id": "6", "ticket": {}, "ticket": []})"}};
}

/// Well-formed by RFC 3629.
inline bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) {
      return at < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[at])) : 0U;
    };
    const unsigned first = byte(i);
    const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xC2) || first > 0xF4) return false;
    for (std::size_t tail = 1; tail < size; ++tail)
      if ((byte(i + tail) & 0xC0) != 0x80) return false;
    const unsigned second = byte(i + 1);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool no_character = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
    if (overlong || no_character) return false;
    i += size;
  }
  return true;
}

inline constexpr std::uint32_t kEventFlags = PSABRIDGE_EVENT_DELETED | PSABRIDGE_EVENT_WHOLE;

/// What the host refuses otherwise. `entities`: those of the description.
inline bool keeps_contract(const psabridge_event& event, const std::set<std::string>& entities) {
  using sdk::detail::view;
  for (const psabridge_str text : {event.key, event.kind, event.entity, event.source_id, event.occurred_at,
                                   event.actor, event.body, event.record.version, event.record.text})
    if (!is_utf8(view(text))) return false;
  const bool whole = (event.flags & PSABRIDGE_EVENT_WHOLE) != 0;
  const bool known_flags = (event.flags | kEventFlags) == kEventFlags;
  const std::string entity(view(event.entity));
  const bool its_own = !whole || (!entity.empty() && event.source_id.size != 0 &&
                                  view(event.record.source_id) == view(event.source_id));
  return event.size >= sizeof(psabridge_event) && known_flags && event.kind.size != 0 &&
         (entity.empty() || entities.contains(entity)) && whole == (event.record.text.size != 0) && its_own;
}

}  // namespace psabridge::testkit
