#include "core/app/event_text.h"

#include <utility>
#include <vector>

#include "core/base/text.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) { return text.empty() ? json::value() : json::value(text); }
json::value number_or_null(std::int64_t number) { return number == 0 ? json::value() : json::value(number); }

void indent(const json::value& value, const std::string& margin, std::string& text);

/// `write` writes one member; the brackets stand around them.
template <class Members, class Write>
void indent_members(const Members& members, const char* brackets, const std::string& margin,
                    std::string& text, Write write) {
  text += brackets[0];
  const char* separator = "\n";
  for (const auto& member : members) {
    text += separator + margin + "  ";
    write(member);
    separator = ",\n";
  }
  if (!members.empty()) text += "\n" + margin;
  text += brackets[1];
}

void indent(const json::value& value, const std::string& margin, std::string& text) {
  const std::string inner = margin + "  ";
  if (const auto* object = value.if_object())
    return indent_members(*object, "{}", margin, text, [&](const json::key_value_pair& member) {
      text += json::serialize(json::value(member.key())) + ": ";
      indent(member.value(), inner, text);
    });
  if (const auto* array = value.if_array())
    return indent_members(*array, "[]", margin, text,
                          [&](const json::value& item) { indent(item, inner, text); });
  text += json::serialize(value);
}

}  // namespace

json::object to_json(const store::Event& event) {
  return {{"id", event.id},
          {"connection", event.connection},
          {"peer", event.peer},
          {"key", text_or_null(event.key)},
          {"revision", event.revision},
          {"kind", text_or_null(event.kind)},
          {"entity", text_or_null(event.entity)},
          {"source_id", text_or_null(event.source_id)},
          {"occurred_at", text_or_null(event.occurred_at)},
          {"actor", text_or_null(event.actor)},
          {"state", store::name_of(event.state)},
          {"tries", event.tries},
          {"crashes", event.crashes},
          {"replays", event.replays},
          {"received_at", event.received_at},
          {"due_at", text_or_null(event.due_at)},
          {"finished_at", text_or_null(event.finished_at)},
          {"code", text_or_null(event.code)},
          {"reason", text_or_null(event.reason)},
          {"effect", text_or_null(event.effect)},
          {"cause", number_or_null(event.cause)},
          {"run", number_or_null(event.run)},
          {"decoded", event.decoded}};
}

json::object to_json_with_body(const store::Event& event) {
  json::object data = to_json(event);
  if (is_utf8(event.body))
    data["body"] = event.body;
  else
    data["body_hex"] = hexadecimal(event.body);
  return data;
}

json::array to_json(std::span<const store::EventStep> steps) {
  json::array data;
  for (const auto& [at, state, code, reason] : steps)
    data.push_back(json::object{
        {"at", at}, {"state", state}, {"code", text_or_null(code)}, {"reason", text_or_null(reason)}});
  return data;
}

std::string object_of(const store::Event& event) {
  return event.source_id.empty() ? event.entity : event.entity + " " + event.source_id;
}

std::string result_of(const store::Event& event) {
  if (!event.effect.empty()) return event.effect;
  if (event.code.empty()) return event.reason;
  return event.code + ": " + event.reason;
}

std::string facts_text(const store::Event& event) {
  const auto number = [](std::int64_t value) { return value == 0 ? std::string() : std::to_string(value); };
  const std::vector<std::pair<std::string, std::string>> facts = {
      {"event", std::to_string(event.id)},
      {"state", std::string(store::name_of(event.state))},
      {"connection", event.connection},
      {"kind", event.kind},
      {"object", object_of(event)},
      {"occurred at", event.occurred_at},
      {"by", event.actor},
      {"received at", event.received_at},
      {"from", event.peer},
      {"key", event.key},
      {"revision", std::to_string(event.revision)},
      {"read", event.decoded ? "yes" : "not yet"},
      {"failed tries", number(event.tries)},
      {"crashes", number(event.crashes)},
      {"replays", number(event.replays)},
      {"due at", event.due_at},
      {"finished at", event.finished_at},
      {"effect", event.effect},
      {"code", event.code},
      {"reason", event.reason},
      {"caused by event", number(event.cause)},
      {"run", number(event.run)}};
  constexpr std::size_t kColumn = 17;
  std::string text;
  for (const auto& [name, fact] : facts)
    if (!fact.empty()) text += name + std::string(kColumn - name.size(), ' ') + fact + "\n";
  return text;
}

std::string body_text(const std::string& body) {
  if (!is_utf8(body))
    return std::to_string(body.size()) + " bytes that are no text: " + hexadecimal(body) + "\n";
  boost::system::error_code no_json;
  const json::value value = json::parse(body, no_json);
  std::string text;
  indent(no_json ? json::value(body) : value, "", text);
  return text + "\n";
}

}  // namespace psabridge::app
