#include "probe.h"

#include <array>
#include <boost/json.hpp>

#include "server_answer.h"
#include "slicer.h"
#include "walk.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 1> kId{"id"};
constexpr RowForm kDefinitions{"fields", kId, {}};

/// Short lists are asked for whole: they are one answer anyway, and some of them have no count of their own.
Query one_row(const Entity& entity, std::string_view parent) {
  const Pass pass =
      entity.reading == Reading::pages || entity.reading == Reading::passes ? Pass::all : Pass::whole;
  const Filters none("{}");
  Query query = query_of({entity, none, false, "", ""}, Position::first(pass, 1));
  if (!parent.empty()) {
    query.emplace_back("ticket_id", parent);
    query.emplace_back("count", "1");
  }
  return query;
}

sdk::Failure unreadable(const Slicing& slicing, std::string_view body, const Subject& subject) {
  if (slicing.kind == BodyKind::html) return page_failure(body, subject);
  return slicing.kind == BodyKind::broken ? broken_failure(subject) : no_records_failure(body, subject);
}

Probe probe(Session& session, const Entity& entity, const std::string& query) {
  const std::string resource(entity.resource);
  Probe probe;
  probe.answer = session.get(resource, query);
  probe.status = probe.answer.status;
  if (probe.is_refused()) return probe;
  if (probe.status != 200) throw session.failure(probe.answer, resource, entity.name, entity.scope);
  const Slicing slicing = slice_list(probe.answer.body, entity.form);
  const std::string url = session.url_of(resource);
  if (slicing.kind != BodyKind::rows)
    throw unreadable(slicing, probe.answer.body, {entity.name, entity.scope, url});
  const auto rows = static_cast<std::int64_t>(slicing.rows.size());
  probe.visible = std::max(rows, slicing.record_count.value_or(rows));
  if (!slicing.rows.empty()) probe.first = slicing.rows.front().text;
  return probe;
}

}  // namespace

Probe probe_list(Session& session, const Entity& entity, std::string_view parent) {
  return probe(session, entity, encoded(one_row(entity, parent)));
}

Probe probe_custom_fields(Session& session) {
  const Entity definitions{.name = "custom_field", .resource = "FieldInfo", .form = kDefinitions};
  return probe(session, definitions, "iscustomfieldsetup=true");
}

std::string member_of(std::string_view record, std::string_view name) {
  json::error_code error;
  const json::value parsed = json::parse(record, error);
  if (error || !parsed.is_object()) return {};
  const json::value* value = parsed.get_object().if_contains(name);
  if (!value || value->is_structured() || value->is_null()) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

}  // namespace psabridge::halo
