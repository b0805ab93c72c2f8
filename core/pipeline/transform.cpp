#include "core/pipeline/transform.h"

#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <new>

#include "core/base/text.h"

namespace psabridge::pipeline {
namespace {

namespace json = boost::json;

constexpr std::size_t kRecordLimit = 16u << 20;  // bytes of JSON; a dead letter beyond
constexpr int kRawLevel = 1;                     // zstd: raw texts are written often and read seldom

json::parse_options parse_options() {
  json::parse_options options;
  options.max_depth = 64;
  return options;
}

void declare_dead(Verdict& verdict, std::string_view code, std::string_view reason, Arena& arena) {
  verdict.fate = Fate::dead;
  verdict.dead_code = find_error(code)->code;
  verdict.dead_reason = arena.keep(reason);
}

bool is_empty(const Value& value) {
  return is_null(value) || (value.type == PSABRIDGE_TYPE_TEXT && value.as.text.size == 0);
}

void hash_text(XXH3_state_t& state, std::string_view text) {
  const std::uint64_t size = text.size();
  XXH3_128bits_update(&state, &size, sizeof size);
  XXH3_128bits_update(&state, text.data(), text.size());
}

ContentHash content_hash(XXH3_state_t& state, const Record& record) {
  XXH3_128bits_reset(&state);
  for (std::size_t i = 0; i < record.field_count; ++i) {
    const Value& value = record.fields[i];
    XXH3_128bits_update(&state, &value.type, sizeof value.type);
    if (has_text(value))
      hash_text(state, view(value.as.text));
    else if (!is_null(value))
      XXH3_128bits_update(&state, &value.as.integer, sizeof value.as.integer);
  }
  hash_text(state, view(record.custom));
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state));
  ContentHash hash;
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), hash.begin());
  return hash;
}

}  // namespace

struct Transform::Scratch {
  std::vector<unsigned char> json_block = std::vector<unsigned char>(1u << 20);
  json::parser parser{json::storage_ptr(), parse_options()};
  std::string packed;
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> zstd{ZSTD_createCCtx(), &ZSTD_freeCCtx};
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash{XXH3_createState(), &XXH3_freeState};
};

Transform::Transform(TransformPlan plan, FieldMap map)
    : plan_(std::move(plan)),
      schema_(plan_.syncer->schema()),
      map_(std::move(map)),
      scratch_(std::make_unique<Scratch>()) {}

Transform::~Transform() = default;

std::unique_ptr<Batch> Transform::apply(plugin::PulledPage page, const plugin::Stop& stop) {
  auto batch = std::make_unique<Batch>();
  batch->arena = std::move(page.arena);
  batch->connection = plan_.connection;
  batch->schema = &schema_;
  batch->bytes = page.bytes;
  batch->records.reserve(page.slices.size());
  batch->verdicts.reserve(page.slices.size());
  for (const plugin::Slice& slice : page.slices) read_slice(slice, *batch);
  plan_.syncer->refine(*batch, stop);
  check_required(*batch);
  for (std::size_t i = 0; i < batch->records.size(); ++i)
    if (batch->verdicts[i].fate == Fate::write && !in_scope(plan_.scope, batch->records[i]))
      batch->verdicts[i].fate = Fate::filtered;
  if (plan_.matcher) batch->forms = plan_.matcher->keyed(*batch, stop);
  seal(*batch);
  return batch;
}

void Transform::read_slice(const plugin::Slice& slice, Batch& batch) {
  const std::size_t count = schema_.fields.size();
  Value* fields = batch.arena->make_array<Value>(count);
  std::uninitialized_fill_n(fields, count, null_value());
  Record record{borrow(slice.source_id), borrow(slice.version), fields, count, borrow("{}"),
                borrow(slice.text)};
  Verdict verdict;
  if (slice.id_only)
    verdict.fate = Fate::seen;
  else if (slice.deleted)
    verdict.fate = Fate::deleted;
  else
    fill_record(slice, record, verdict, batch);
  batch.records.push_back(record);
  batch.verdicts.push_back(verdict);
}

void Transform::fill_record(const plugin::Slice& slice, Record& record, Verdict& verdict, Batch& batch) {
  Arena& arena = *batch.arena;
  if (slice.text.size() > kRecordLimit)
    return declare_dead(verdict, "PB1405",
                        "The record has " + std::to_string(slice.text.size()) + " bytes; the limit is " +
                            std::to_string(kRecordLimit) + ".",
                        arena);
  json::monotonic_resource memory(scratch_->json_block.data(), scratch_->json_block.size());
  scratch_->parser.reset(json::storage_ptr(&memory));
  boost::system::error_code status;
  scratch_->parser.write(slice.text, status);
  if (status && !is_utf8(slice.text))
    return declare_dead(verdict, "PB1404", "The record's text holds bytes that are not UTF-8.", arena);
  if (status)
    return declare_dead(verdict, "PB1401", "The record is not readable JSON: " + status.message() + ".",
                        arena);
  const json::value document = scratch_->parser.release();
  if (!document.is_object())
    return declare_dead(verdict, "PB1401", "The source sent no JSON object where a record belongs.", arena);
  if (slice.source_id.empty()) return declare_dead(verdict, "PB1402", "The record has no usable id.", arena);
  try {
    meet(map_.fill(document.get_object(), {const_cast<Value*>(record.fields), record.field_count}, arena),
         verdict, batch);
    record.custom = borrow(map_.custom(document.get_object(), arena));
  } catch (const Error& error) {
    if (error.error_class() != ErrorClass::data) throw;
    declare_dead(verdict, error.code(), error.message(), arena);
  }
}

/// Values that the admin's map does not list, of the record that is added next.
void Transform::meet(std::span<const Stranger> strangers, Verdict& verdict, Batch& batch) const {
  for (const Stranger& stranger : strangers) {
    batch.unmapped.push_back({batch.records.size(), stranger.field->name, stranger.value});
    if (stranger.policy == Unmapped::reject) verdict.fate = Fate::filtered;
    if (stranger.policy == Unmapped::hold && verdict.fate == Fate::write)
      declare_dead(verdict, "PB1407",
                   "The map of " + stranger.field->name + " does not list the value \"" +
                       std::string(stranger.value.substr(0, 100)) + "\", and says that such records wait.",
                   *batch.arena);
  }
}

void Transform::check_required(Batch& batch) const {
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    if (batch.verdicts[i].fate != Fate::write) continue;
    for (std::size_t f = 0; f < schema_.fields.size(); ++f)
      if (schema_.fields[f].required && is_empty(batch.records[i].fields[f])) {
        declare_dead(batch.verdicts[i], "PB1402",
                     "The required field " + schema_.fields[f].name + " is missing or empty.", *batch.arena);
        break;
      }
  }
}

void Transform::seal(Batch& batch) {
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    Verdict& verdict = batch.verdicts[i];
    if (verdict.fate != Fate::write) continue;
    verdict.content_hash = content_hash(*scratch_->hash, batch.records[i]);
    const std::string_view raw = view(batch.records[i].raw);
    scratch_->packed.resize(ZSTD_compressBound(raw.size()));
    const std::size_t size = ZSTD_compressCCtx(scratch_->zstd.get(), scratch_->packed.data(),
                                               scratch_->packed.size(), raw.data(), raw.size(), kRawLevel);
    if (ZSTD_isError(size))
      throw Error("PB1499", std::string("The raw text cannot be packed: ") + ZSTD_getErrorName(size) + ".");
    verdict.packed_raw = batch.arena->keep({scratch_->packed.data(), size});
  }
}

}  // namespace psabridge::pipeline
