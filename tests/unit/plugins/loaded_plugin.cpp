#include "loaded_plugin.h"

#include <dlfcn.h>

#include <catch2/catch_test_macros.hpp>

namespace psabridge::test {
namespace {

namespace json = boost::json;

std::string copy(psabridge_str text) { return text.data ? std::string(text.data, text.size) : std::string(); }
psabridge_str borrowed(std::string_view text) { return {text.data(), text.size()}; }

json::value json_of(const psabridge_value& value) {
  switch (value.type) {
    case PSABRIDGE_TYPE_NULL:
      return nullptr;
    case PSABRIDGE_TYPE_BOOL:
      return value.as.integer != 0;
    case PSABRIDGE_TYPE_INTEGER:
      return value.as.integer;
    case PSABRIDGE_TYPE_REAL:
      return value.as.real;
    case PSABRIDGE_TYPE_JSON:
      return json::parse(copy(value.as.text));
    default:
      return json::string(copy(value.as.text));
  }
}

psabridge_type text_type(FieldType type) {
  if (type == FieldType::time) return PSABRIDGE_TYPE_TIME;
  return type == FieldType::json || type == FieldType::refs ? PSABRIDGE_TYPE_JSON : PSABRIDGE_TYPE_TEXT;
}

}  // namespace

void LoggingHost::log(void* self, psabridge_level level, psabridge_str text) {
  static_cast<LoggingHost*>(self)->lines_.push_back({level, copy(text)});
}

LoadedRole::LoadedRole(const std::string& plugin, LoggingHost& host, std::string_view settings) {
  void* library = dlopen((PSABRIDGE_PLUGIN_DIR "/" + plugin + ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
  const char* problem = library ? "" : dlerror();
  INFO(problem);
  REQUIRE(library);
  const auto* entry = static_cast<const psabridge_plugin*>(dlsym(library, PSABRIDGE_ENTRY_SYMBOL));
  REQUIRE(entry);
  REQUIRE(entry->role_count == 1);
  role_ = entry->roles[0];
  Call call;
  const Ending made = call.ending(role_->create(host.table(), borrowed(settings), &self_, call.table()));
  INFO(made.message);
  REQUIRE(made.code == PSABRIDGE_OK);
}

LoadedRole::~LoadedRole() {
  if (self_) role_->destroy(self_);
}

void Call::fail(void* self, const psabridge_status* status) {
  static_cast<Call*>(self)->reported_ = {status->code, copy(status->message)};
}

Ending Call::ending(psabridge_code code) const {
  REQUIRE(reported_.code == code);
  return reported_;
}

Rows::Rows(const EntitySchema& schema, std::string connection)
    : schema_(&schema), connection_(std::move(connection)) {
  for (const FieldSchema& field : schema.fields) names_.push_back(borrowed(field.name));
}

Rows& Rows::add(std::string source_id, const json::object& fields) {
  Row row{std::move(source_id), std::vector<psabridge_value>(schema_->fields.size())};
  for (const auto& [name, value] : fields) {
    const auto index = schema_->index_of(name);
    INFO("field " << std::string_view(name));
    REQUIRE(index);
    row.fields[*index] = value_of(schema_->fields[*index], value);
  }
  rows_.push_back(std::move(row));
  return *this;
}

psabridge_value Rows::value_of(const FieldSchema& field, const json::value& value) {
  psabridge_value result{};
  if (value.is_bool()) {
    result.type = PSABRIDGE_TYPE_BOOL;
    result.as.integer = value.get_bool() ? 1 : 0;
  } else if (value.is_int64()) {
    result.type = PSABRIDGE_TYPE_INTEGER;
    result.as.integer = value.get_int64();
  } else if (!value.is_null()) {
    result.type = text_type(field.type);
    const bool plain = value.is_string() && result.type != PSABRIDGE_TYPE_JSON;
    texts_.push_back(
        std::make_unique<std::string>(plain ? std::string(value.get_string()) : json::serialize(value)));
    result.as.text = borrowed(*texts_.back());
  }
  return result;
}

const psabridge_batch* Rows::batch() {
  records_.clear();
  for (const Row& row : rows_)
    records_.push_back(
        {borrowed(row.source_id), {}, row.fields.data(), row.fields.size(), borrowed("{}"), borrowed("{}")});
  batch_ = {sizeof batch_,   borrowed(connection_), borrowed(schema_->entity), names_.data(), names_.size(),
            records_.data(), records_.size()};
  return &batch_;
}

LoadedSyncer::LoadedSyncer(const std::string& entity) : role_("syncer_" + entity, host_) {
  const psabridge_text_sink sink{sizeof sink, &text_, [](void* text, psabridge_str given) {
                                   *static_cast<std::string*>(text) = copy(given);
                                 }};
  Call call;
  const auto code = role_.verbs<psabridge_syncer>().schema(role_.self(), &sink, call.table());
  REQUIRE(call.ending(code).code == PSABRIDGE_OK);
  schema_ = parse_entity_schema(text_);
}

std::vector<Refined> LoadedSyncer::refine(Rows& rows) {
  struct Answers {
    const psabridge_batch* batch;
    std::vector<Refined> records;
  } answers{rows.batch(), {}};
  answers.records.resize(answers.batch->record_count);
  const auto set = [](void* host, std::size_t record, std::size_t field, const psabridge_value* value) {
    auto& self = *static_cast<Answers*>(host);
    self.records.at(record).changes[copy(self.batch->field_names[field])] = json_of(*value);
  };
  const auto reject = [](void* host, std::size_t record, psabridge_str code, psabridge_str reason) {
    auto& refined = static_cast<Answers*>(host)->records.at(record);
    refined.code = copy(code);
    refined.rejection = copy(reason);
  };
  const psabridge_refine_sink sink{sizeof sink, &answers, set, reject};
  Call call;
  const Ending end =
      call.ending(role_.verbs<psabridge_syncer>().refine(role_.self(), answers.batch, &sink, call.table()));
  INFO(end.message);
  REQUIRE(end.code == PSABRIDGE_OK);
  return std::move(answers.records);
}

Refined LoadedSyncer::refine(const std::string& source_id, const json::object& fields) {
  Rows rows(schema_);
  rows.add(source_id, fields);
  return refine(rows).front();
}

const std::vector<std::string>& entities() {
  static const std::vector<std::string> kEntities = {
      "client", "site",   "contact",  "agent",       "team",       "ticket",  "note",
      "asset",  "status", "priority", "ticket_type", "asset_type", "category"};
  return kEntities;
}

}  // namespace psabridge::test
