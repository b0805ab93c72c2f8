#include <algorithm>
#include <string>

#include "core/base/text.h"
#include "core/base/time.h"
#include "core/plugin/adapters.h"
#include "core/plugin/batch_table.h"

namespace psabridge::plugin {
namespace {

/// True when a field of this type may hold the value.
bool fits(FieldType type, const Value& value) {
  if (is_null(value)) return true;
  switch (type) {
    case FieldType::text:
    case FieldType::ref:
      return value.type == PSABRIDGE_TYPE_TEXT;
    case FieldType::integer:
      return value.type == PSABRIDGE_TYPE_INTEGER;
    case FieldType::real:
      return value.type == PSABRIDGE_TYPE_REAL || value.type == PSABRIDGE_TYPE_INTEGER;
    case FieldType::boolean:
      return value.type == PSABRIDGE_TYPE_BOOL;
    case FieldType::time:
      return value.type == PSABRIDGE_TYPE_TIME;
    case FieldType::json:
    case FieldType::refs:
      return value.type == PSABRIDGE_TYPE_JSON;
  }
  return false;
}

/// True for the one form in which a time is stored.
bool is_canonical_time(std::string_view text) {
  const auto time = parse_time(text);
  return time && format_time(*time) == text;
}

/// Collects a syncer's changes; they reach the batch in apply(), so a call that fails changes nothing.
class RefineSink {
 public:
  RefineSink(VerbCall& call, const BatchTable& table, Batch& batch)
      : call_(call), table_(table), batch_(batch) {}
  const psabridge_refine_sink* plain() const noexcept { return &plain_; }

  void apply() {
    std::vector<Value*> writable(table_.size(), nullptr);
    for (const Change& change : changes_) {
      Value*& fields = writable[change.record];
      if (!fields) fields = copy_fields(batch_.records[table_.origin(change.record)]);
      fields[change.field] = change.value;
    }
    for (const Rejection& rejection : rejections_)
      reject(batch_.verdicts[table_.origin(rejection.record)], rejection);
  }

 private:
  struct Change {
    std::size_t record, field;
    Value value;
  };
  struct Rejection {
    std::size_t record;
    std::string_view code, reason;  // the code from the catalog, the reason in the batch's arena
  };

  Value* copy_fields(Record& record) {
    auto* fields = batch_.arena->make_array<Value>(record.field_count);
    std::copy_n(record.fields, record.field_count, fields);
    record.fields = fields;
    return fields;
  }

  static void reject(Verdict& verdict, const Rejection& rejection) {
    if (verdict.fate == Fate::dead) return;  // the first reason counts
    verdict.fate = Fate::dead;
    verdict.dead_code = rejection.code;
    verdict.dead_reason = rejection.reason;
  }

  void add(std::size_t record, std::size_t field, const psabridge_value& value) {
    check_record(record);
    if (field >= batch_.schema->fields.size())
      call_.broke_contract("set the field number " + std::to_string(field) + " of " +
                           std::to_string(batch_.schema->fields.size()));
    const FieldSchema& schema = batch_.schema->fields[field];
    if (!fits(schema.type, value) ||
        (value.type == PSABRIDGE_TYPE_TIME && !is_canonical_time(text_of(value))))
      call_.broke_contract("set the field \"" + schema.name + "\" to a value that is no " +
                           std::string(name_of(schema.type)));
    if (!is_utf8(text_of(value)))
      return add_rejection(record, "PB1404",
                           "The syncer made the field \"" + schema.name + "\" invalid UTF-8.");
    changes_.push_back({record, field, keep(value)});
  }

  Value keep(const psabridge_value& value) {
    Value kept = value;
    if (has_text(kept)) kept.as.text = borrow(batch_.arena->keep(text_of(value)));
    return kept;
  }

  void add_rejection(std::size_t record, std::string_view code, std::string_view reason) {
    check_record(record);
    const ErrorInfo* known = find_error(code);
    rejections_.push_back({record, known ? known->code : "PB1406", batch_.arena->keep(reason)});
  }

  void check_record(std::size_t record) const {
    if (record >= table_.size())
      call_.broke_contract("named the record number " + std::to_string(record) + " of " +
                           std::to_string(table_.size()));
  }

  static void on_set(void* self, std::size_t record, std::size_t field,
                     const psabridge_value* value) noexcept {
    auto& sink = *static_cast<RefineSink*>(self);
    sink.call_.take([&] { sink.add(record, field, *value); });
  }
  static void on_reject(void* self, std::size_t record, psabridge_str code, psabridge_str reason) noexcept {
    auto& sink = *static_cast<RefineSink*>(self);
    sink.call_.take(
        [&] { sink.add_rejection(record, view(code), sink.call_.checked_text(reason, "reason")); });
  }

  VerbCall& call_;
  const BatchTable& table_;
  Batch& batch_;
  std::vector<Change> changes_;
  std::vector<Rejection> rejections_;
  psabridge_refine_sink plain_{sizeof(psabridge_refine_sink), this, &on_set, &on_reject};
};

class SyncerAdapter : public Syncer {
 public:
  SyncerAdapter(const LoadedRole& role, std::string_view settings, HostServices& services)
      : instance_(role, settings, services), verbs_(instance_.verbs<psabridge_syncer>()) {
    VerbCall call(role, "schema", {});
    schema_ = parse_entity_schema(call.run_for_text("schema", verbs_.schema, instance_.self()));
  }

  const EntitySchema& schema() const override { return schema_; }

  void refine(Batch& batch, const Stop& stop) override {
    if (!PSABRIDGE_HAS(&verbs_, psabridge_syncer, refine) || !verbs_.refine) return;
    const BatchTable table(batch, is_to_be_written);
    VerbCall call(instance_.role(), "refine", stop);
    RefineSink sink(call, table, batch);
    call.run(verbs_.refine, instance_.self(), table.plain(), sink.plain());
    sink.apply();
  }

 private:
  Instance instance_;
  const psabridge_syncer& verbs_;
  EntitySchema schema_;
};

}  // namespace

std::unique_ptr<Syncer> adapt_syncer(const LoadedRole& role, std::string_view settings,
                                     HostServices& services) {
  return std::make_unique<SyncerAdapter>(role, settings, services);
}

}  // namespace psabridge::plugin
