#include "core/app/dedup_text.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <map>

#include "core/app/terminal.h"
#include "core/base/error.h"

namespace psabridge::app {
namespace {

namespace json = boost::json;

std::string one_line(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

}  // namespace

std::string label_of(store::Reader& reader, const std::string& entity, dedup::RecordId record) {
  const EntitySchema schema = reader.schema(entity);
  const store::StoredRows rows = reader.rows(schema, {&record, 1});
  if (rows.ids.empty()) return "#" + std::to_string(record);
  const Record& row = rows.batch.records.front();
  const std::string place = rows.connections.front() + "/" + std::string(view(row.source_id));
  for (const std::string_view name : {"name", "summary"})
    if (const auto field = schema.index_of(name); field && !text_of(row.fields[*field]).empty())
      return std::string(text_of(row.fields[*field])) + " (" + place + ")";
  return place;
}

double in_bits(std::int64_t weight) noexcept { return static_cast<double>(weight) / 1024; }

std::string bits(std::int64_t weight) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f bits", in_bits(weight));
  return text;
}

std::string_view name_of(plugin::DedupVerdict verdict) noexcept {
  switch (verdict) {
    case plugin::DedupVerdict::same:
      return "same";
    case plugin::DedupVerdict::review:
      return "review";
    case plugin::DedupVerdict::distinct:
      break;
  }
  return "distinct";
}

std::string_view sentence_of(const dedup::Match& match) noexcept {
  switch (match.obstacle) {
    case dedup::Obstacle::veto:
      return "another record of the entity has something that excludes it";
    case dedup::Obstacle::not_same:
      return "a person declared records of the two entities different";
    case dedup::Obstacle::chain:
      return "the other records of the two entities speak against it";
    case dedup::Obstacle::bridge:
      return "this pair alone would tie two entities of several records";
    case dedup::Obstacle::ambiguous:
      return "the record fits another entity as well";
    case dedup::Obstacle::none:
      break;
  }
  return match.weight.veto ? "something excludes it" : "not sure enough to join by itself";
}

json::object to_json(const dedup::PairWeight& weight) {
  return {{"verdict", name_of(weight.verdict)}, {"veto", weight.veto}, {"weight", weight.weight}};
}

json::array to_json(const std::vector<dedup::PairReason>& reasons) {
  json::array list;
  for (const dedup::PairReason& reason : reasons)
    list.push_back(json::object{{"strategy", reason.strategy},
                                {"field", reason.field},
                                {"weight", reason.weight},
                                {"text", reason.text}});
  return list;
}

std::string reasons_text(const dedup::ExplainedPair& pair) {
  // No table: that would shorten the sentences.
  const auto line = [](std::int64_t weight, const std::string& about) {
    const std::string in_bits = bits(weight);
    return std::string(12 - std::min<std::size_t>(12, in_bits.size()), ' ') + in_bits + "  " + about + "\n";
  };
  std::string text;
  for (const dedup::PairReason& reason : pair.reasons)
    text += line(reason.weight, reason.strategy + (reason.strategy.empty() ? "" : " ") + reason.field +
                                    (reason.field.empty() ? "" : ": ") + reason.text);
  return text + line(pair.weight.weight, "sum: " + std::string(name_of(pair.weight.verdict)) +
                                             (pair.weight.veto ? ", with a veto" : ""));
}

json::object to_json(const store::DedupStep& step) {
  json::array words, pins;
  for (const auto& word : step.words)
    words.push_back(json::object{{"a", word.a}, {"b", word.b}, {"same", word.same}});
  for (const auto& pin : step.pins)
    pins.push_back(json::object{{"record", pin.record}, {"field", pin.field}});
  return {{"step", step.id},
          {"entity", step.entity},
          {"action", step.action},
          {"undoes", step.undoes == 0 ? json::value() : json::value(step.undoes)},
          {"by", step.by},
          {"at", step.at},
          {"note", step.note},
          {"undone", step.undone},
          {"pairs", std::move(words)},
          {"pins", std::move(pins)}};
}

std::string side_by_side(store::Reader& reader, const std::string& entity, const dedup::Group& group) {
  const auto golden = reader.duplicates().golden(entity, group.entity);
  if (!golden) return {};
  Table table({"field", "value", "from", "why", "others"});
  const json::value fields = json::parse(golden->fields);
  for (const auto& [field, cell] : fields.as_object()) {
    std::string others;
    if (const json::value* const list = cell.as_object().if_contains("others"))
      for (const json::value& other : list->as_array())
        others += (others.empty() ? "" : "; ") + one_line(other.at("value"));
    table.add({std::string(field), one_line(cell.at("value")), "#" + one_line(cell.at("record")),
               one_line(cell.at("rule")), others});
  }
  return table.text();
}

std::string followers_of(store::Reader& reader, const std::string& entity, const dedup::Group& group) {
  std::map<std::string, std::uint64_t> sums;
  const store::StoredRows rows = reader.rows(reader.schema(entity), group.members);
  for (std::size_t i = 0; i < rows.ids.size(); ++i)
    for (const auto& [what, count] :
         reader.references(entity, rows.connections[i], view(rows.batch.records[i].source_id)))
      sums[what] += count;
  std::string text;
  for (const auto& [what, count] : sums)
    text += (text.empty() ? "" : ", ") + grouped(count) + " " + what + (count == 1 ? "" : "s");
  return text;
}

}  // namespace psabridge::app
