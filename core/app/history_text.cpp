#include "core/app/history_text.h"

#include "core/app/terminal.h"

namespace psabridge::app {

namespace json = boost::json;

std::string history_text(const std::vector<store::AuditEntry>& history, std::string_view nothing) {
  Table table({"at", "run", "what", "changes"});
  for (const auto& entry : history)
    table.add({entry.at, std::to_string(entry.run), entry.action, entry.changes});
  return table.text(nothing);
}

json::array history_json(const std::vector<store::AuditEntry>& history) {
  json::array data;
  for (const auto& entry : history) {
    auto changes = entry.changes.empty() ? json::value() : json::parse(entry.changes);
    data.push_back(json::object{
        {"at", entry.at}, {"run", entry.run}, {"action", entry.action}, {"changes", std::move(changes)}});
  }
  return data;
}

}  // namespace psabridge::app
