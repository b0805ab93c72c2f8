#include "judged_pair.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <utility>

namespace psabridge::test {
namespace {

psabridge_value value_of(const std::string& field, const std::string& text) {
  if (field == "closed") return sdk::Value::boolean(text == "true");
  if (field == "asset_ids") return sdk::Value::json(text);
  return field.ends_with("_at") ? sdk::Value::time(text) : sdk::Value::text(text);
}

testkit::Records records_of(const std::string& entity, const Given& given) {
  std::vector<std::string> names;
  std::vector<psabridge_value> values;
  for (const auto& [field, text] : given.fields)
    names.push_back(field), values.push_back(value_of(field, text));
  testkit::Records records(entity, names, given.connection);
  records.add("1", values, given.custom);
  return records;
}

testkit::TermCounts count(const testkit::Keyed& a, const testkit::Keyed& b, std::uint64_t others) {
  testkit::TermCounts counts;
  for (const testkit::Keyed* keyed : {&a, &b})
    for (const testkit::Key& key : keyed->keys) {
      std::uint64_t& holders = counts.counts[{key.kind, key.text}];
      holders += holders == 0 ? 1 : 1 + others;
    }
  return counts;
}

bool share_block(const testkit::Keyed& a, const testkit::Keyed& b) {
  return std::ranges::any_of(a.keys, [&b](const testkit::Key& key) {
    return key.kind == sdk::KeyKind::block && std::ranges::any_of(b.keys, [&key](const testkit::Key& other) {
             return other.kind == key.kind && other.text == key.text;
           });
  });
}

/// No character is cut; enough of a check for texts that were whole before.
bool has_whole_characters(std::string_view text) {
  std::size_t owed = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xC0) == 0x80;
    if (continues != (owed > 0)) return false;
    owed = continues ? owed - 1 : byte >= 0xF0 ? 3u : byte >= 0xE0 ? 2u : byte >= 0xC0 ? 1u : 0u;
  }
  return owed == 0;
}

std::string form_of(const testkit::Keyed& keyed) {
  return keyed.forms.empty() ? std::string() : keyed.forms.at(0);
}

}  // namespace

Strategy::Strategy(const std::string& role, std::string entity, std::string_view settings)
    : entity_(std::move(entity)),
      strategy_(testkit::Plugin(PSABRIDGE_PLUGIN_DIR "/dedup_" + role + ".so").dedup(role, settings, host_)) {
}

testkit::Keyed Strategy::keyed(const Given& record) { return strategy_.keyed(records_of(entity_, record)); }

testkit::Weighed Strategy::compare_one(const std::string& probe, const std::string& candidate,
                                       const testkit::TermCounts& counts) {
  const auto weighed = strategy_.compare(probe, {candidate}, counts);
  return weighed.empty() ? testkit::Weighed{sdk::Verdict::distinct, 0, false, {}} : weighed.at(0);
}

Judged Strategy::judge(const Given& a, const Given& b, std::uint64_t others) {
  const testkit::Keyed left = keyed(a), right = keyed(b);
  const testkit::TermCounts counts = count(left, right, others);
  const testkit::Weighed there = compare_one(form_of(left), form_of(right), counts);
  const testkit::Weighed back = compare_one(form_of(right), form_of(left), counts);
  CHECK(there.verdict == back.verdict);
  CHECK(there.weight == back.weight);
  CHECK(there.veto == back.veto);
  CHECK(there.reasons.size() == back.reasons.size());
  sdk::Weight sum = 0;
  for (const testkit::Reason& reason : there.reasons) {
    sum += reason.weight;
    CHECK(!reason.field.empty());
    CHECK(reason.text.ends_with('.'));
    CHECK(has_whole_characters(reason.text));
  }
  CHECK(sum == there.weight);
  return {share_block(left, right),
          !there.reasons.empty(),
          there.verdict,
          there.weight,
          there.veto,
          there.reasons};
}

}  // namespace psabridge::test
