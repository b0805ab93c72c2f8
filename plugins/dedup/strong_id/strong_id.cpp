// Records that share an id which names one thing in the world are the same, in whatever connection they are.
#include <algorithm>
#include <array>
#include <cstdint>
#include <psabridge/json.hpp>
#include <psabridge/plugin.hpp>
#include <rapidfuzz/distance/OSA.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dedup/common/evidence.h"
#include "dedup/strong_id/id_form.h"
#include "dedup/common/maker.h"

namespace {

using namespace psabridge::sdk;
using namespace psabridge::dedup;

constexpr std::string_view kSettings = R"({
  "type": "object",
  "properties": {
    "fields": {
      "type": "object",
      "minProperties": 1,
      "description": "Fields that hold ids and what they hold; custom.NAME is a custom field. Default: what the entity has",
      "additionalProperties": {
        "enum": ["serial", "mac", "uuid", "external_id", "object_id", "legal_number", "alert_id"]
      }
    },
    "generic_above": {
      "type": "integer", "minimum": 2, "maximum": 1000, "default": 5,
      "description": "An id that more records have is none: it joins nothing"
    }
  },
  "additionalProperties": false
})";

struct DefaultField {
  std::string_view entity, field;
  IdKind kind;
};

// In the order in which they take their room in a form.
constexpr auto kDefaultFields = std::to_array<DefaultField>({
    {"client", "azure_tenant_id", IdKind::object_id},
    {"client", "tax_number", IdKind::legal_number},
    {"client", "itglue_id", IdKind::external_id},
    {"client", "accounts_id", IdKind::external_id},
    {"client", "xero_id", IdKind::external_id},
    {"client", "quickbooks_id", IdKind::external_id},
    {"client", "business_central_id", IdKind::external_id},
    {"client", "servicenow_id", IdKind::external_id},
    {"client", "automate_id", IdKind::external_id},
    {"site", "itglue_id", IdKind::external_id},
    {"contact", "azure_id", IdKind::object_id},
    {"contact", "okta_id", IdKind::object_id},
    {"contact", "active_directory_dn", IdKind::external_id},
    {"asset", "serial_number", IdKind::serial},
    // Key fields hold what a source likes; UUIDs and MAC addresses show what they are.
    {"asset", "key_field", IdKind::uuid},
    {"asset", "key_field", IdKind::mac},
    {"asset", "key_field_2", IdKind::uuid},
    {"asset", "key_field_2", IdKind::mac},
    {"asset", "key_field_3", IdKind::uuid},
    {"asset", "key_field_3", IdKind::mac},
    {"asset", "datto_id", IdKind::external_id},
    {"asset", "nable_id", IdKind::external_id},
    {"asset", "ninja_id", IdKind::external_id},
    {"asset", "automate_id", IdKind::external_id},
    {"asset", "connectwise_rmm_id", IdKind::external_id},
    {"asset", "syncro_id", IdKind::external_id},
    {"asset", "atera_id", IdKind::external_id},
    {"asset", "intune_id", IdKind::external_id},
    {"asset", "addigy_id", IdKind::external_id},
    {"asset", "kaseya_id", IdKind::external_id},
    {"asset", "logicmonitor_id", IdKind::external_id},
    {"asset", "auvik_id", IdKind::external_id},
    {"asset", "lansweeper_id", IdKind::external_id},
    {"ticket", "third_party_id", IdKind::alert_id},
    {"ticket", "guid", IdKind::uuid},
});

std::vector<IdField> default_fields(std::string_view entity) {
  std::vector<IdField> fields;
  for (const DefaultField& field : kDefaultFields)
    if (field.entity == entity) fields.push_back({std::string(field.field), field.kind});
  return fields;
}

std::vector<IdField> fields_in(const Json& settings) {
  std::vector<IdField> fields;
  for (const auto& [name, kind] : settings.members()) {
    const std::optional<IdKind> known = id_kind(kind.text());
    if (!known)
      throw Failure(Outcome::invalid, "strong_id cannot read the field \"" + name + "\" as \"" + kind.text() +
                                          "\": there is no such kind of id.");
    fields.push_back({name, *known});
  }
  return fields;
}

/// What it weighs that two records have different ids of a kind.
constexpr Weight difference_weight(IdKind kind) {
  switch (kind) {
    case IdKind::serial:
    case IdKind::object_id:
    case IdKind::legal_number:
      return -20 * kBit;
    case IdKind::uuid:  // a new main board has a new one
      return -6 * kBit;
    case IdKind::external_id:  // an agent that is installed again gets a new one
    case IdKind::alert_id:
      return -4 * kBit;
    case IdKind::mac:  // the other program may have seen the other adapter
      break;
  }
  return -1 * kBit;
}

/// True for ids of a part of a device: boards are cloned, and adapters travel.
constexpr bool is_part(IdKind kind) { return kind == IdKind::uuid || kind == IdKind::mac; }
/// What a shared id weighs less than a serial number.
constexpr Weight discount(IdKind kind) { return is_part(kind) ? 12 * kBit : 0; }

constexpr Weight kMisreadWeight = -6 * kBit;
constexpr Weight kOtherDeviceWeight = -8 * kBit;
constexpr Weight kOtherMakeWeight = -12 * kBit;
constexpr Weight kOtherVirtualWeight = -40 * kBit;  // more than all that a host and its machines share

/// The ids of one scope, which stand side by side in a form.
std::span<const IdView> scope_at(std::span<const IdView> ids) {
  const auto other = [scope = ids.front().scope()](const IdView& id) { return id.scope() != scope; };
  const auto end = std::ranges::find_if(ids, other);
  return ids.first(static_cast<std::size_t>(end - ids.begin()));
}

std::string quoted_values(std::span<const IdView> ids) {
  std::string list;
  for (const IdView& id : ids) list += (list.empty() ? "" : ", ") + std::string(id.value());
  return list;
}

/// How many records have an id. Those of the probe are counted once for all its candidates.
class Holders {
 public:
  Holders(const IdFacts& probe, const Terms& terms)
      : ids_(probe.ids), counts_(probe.ids.size(), kUnknown), terms_(terms) {}

  std::uint64_t of(const IdView& id) {
    if (&id < ids_.data() || &id >= ids_.data() + ids_.size()) return counted(id);
    std::uint64_t& count = counts_[static_cast<std::size_t>(&id - ids_.data())];
    if (count == kUnknown) count = counted(id);
    return count;
  }

 private:
  static constexpr std::uint64_t kUnknown = UINT64_MAX;
  std::uint64_t counted(const IdView& id) const { return terms_.count(KeyKind::block, id.line); }

  std::span<const IdView> ids_;
  std::vector<std::uint64_t> counts_;
  const Terms& terms_;
};

/// Judges one pair.
class Pair {
 public:
  Pair(const IdFacts& left, const IdFacts& right, Holders& holders, std::uint64_t generic_above,
       bool explained)
      : left_(left), right_(right), holders_(holders), generic_above_(generic_above), evidence_(explained) {
    weigh_scopes();
    if (serial_shared_ || part_shared_) weigh_make();
    if (other_uuid_ && other_mac_ && !whole_shared_)
      evidence_.add("device", kOtherDeviceWeight, [] { return "Neither board nor adapter is the same."; });
  }

  void give(std::size_t candidate, Weights& weights) const {
    const Verdict verdict = !shared_ || (veto_ && evidence_.weight() <= 0) ? Verdict::distinct
                            : veto_ || only_a_part()                       ? Verdict::review
                                                                           : Verdict::same;
    evidence_.give(candidate, verdict, veto_, weights);
  }

 private:
  void weigh_scopes() {
    std::span<const IdView> left = left_.ids, right = right_.ids;
    while (!left.empty() && !right.empty()) {
      const std::span<const IdView> a = scope_at(left), b = scope_at(right);
      const int order = a.front().scope().compare(b.front().scope());
      if (order == 0) weigh_scope(a, b);
      if (order <= 0) left = left.subspan(a.size());
      if (order >= 0) right = right.subspan(b.size());
    }
  }

  void weigh_scope(std::span<const IdView> a, std::span<const IdView> b) {
    const IdView* rarest = nullptr;
    std::uint64_t holders = UINT64_MAX;
    for (const IdView& id : a)
      if (std::ranges::find(b, id.line, &IdView::line) != b.end() && count(id) < holders)
        rarest = &id, holders = count(id);
    if (rarest)
      weigh_shared(*rarest, holders);
    else if (!any_generic(a) && !any_generic(b))
      weigh_different(a, b);
  }

  void weigh_shared(const IdView& id, std::uint64_t holders) {
    const bool generic = holders > generic_above_;
    shared_ |= !generic;
    serial_shared_ |= !generic && id.kind() == IdKind::serial;
    (is_part(id.kind()) ? part_shared_ : whole_shared_) |= !generic;
    const Weight weight = generic ? kGenericIdWeight : shared_id_weight(holders) - discount(id.kind());
    evidence_.add(id.label(), weight, [&] {
      const std::string both = "Both have the " + std::string(id.label()) + " " + std::string(id.value());
      if (generic) return both + ", but so have " + std::to_string(holders) + " records: it names nothing.";
      return both + (holders > 2 ? ", as " + std::to_string(holders) + " records have." : ".");
    });
  }

  void weigh_different(std::span<const IdView> a, std::span<const IdView> b) {
    const IdView& id = a.front();
    if (is_misread(a, b)) return weigh_misread(id, b.front());
    veto_ |= identifies_exactly(id.kind());
    other_uuid_ |= id.kind() == IdKind::uuid;
    other_mac_ |= id.kind() == IdKind::mac;
    other_part_ |= is_part(id.kind());
    evidence_.add(id.label(), difference_weight(id.kind()), [&] {
      return "Their " + std::string(id.label()) + " differs: " + quoted_values(a) + " and " +
             quoted_values(b) + ".";
    });
  }

  /// People copy serial numbers from stickers. That two differ by one slip says little where another id is
  /// shared, and nothing is joined by it.
  static bool is_misread(std::span<const IdView> a, std::span<const IdView> b) {
    constexpr std::size_t kShortest = 7;
    if (a.front().kind() != IdKind::serial || a.size() != 1 || b.size() != 1) return false;
    const std::string_view one = a.front().value(), other = b.front().value();
    return std::min(one.size(), other.size()) >= kShortest && rapidfuzz::osa_distance(one, other, 1) <= 1;
  }

  void weigh_misread(const IdView& a, const IdView& b) {
    evidence_.add(a.label(), kMisreadWeight, [&] {
      return "Their " + std::string(a.label()) + " differs by one slip: " + std::string(a.value()) + " and " +
             std::string(b.value()) + ".";
    });
  }

  /// A serial number, a board and an adapter are only their manufacturer's, and virtual machines may show
  /// that of their host.
  void weigh_make() {
    const bool both_virtual = left_.is_virtual && right_.is_virtual;
    const bool one_virtual =
        left_.is_virtual != right_.is_virtual && !left_.model.empty() && !right_.model.empty();
    if (one_virtual || (both_virtual && other_uuid_))
      weigh_virtual();
    else if (makers_differ(left_.maker, right_.maker))
      weigh_other("manufacturer", left_.maker, right_.maker);
    else if (!both_virtual && models_differ(left_.model, right_.model))
      weigh_other("model", left_.model, right_.model);
  }

  void weigh_virtual() {
    veto_ = true;
    evidence_.add("virtual machine", kOtherVirtualWeight, [&] {
      return "A virtual machine shows the serial number of its host: " + std::string(left_.model) + " and " +
             std::string(right_.model) + ".";
    });
  }

  void weigh_other(std::string_view field, std::string_view a, std::string_view b) {
    veto_ = true;
    evidence_.add(field, kOtherMakeWeight, [&] {
      return "Their " + std::string(field) + " differs: " + std::string(a) + " and " + std::string(b) + ".";
    });
  }

  /// One of board and adapter is the same, the other is not, and nothing else speaks for the whole device.
  bool only_a_part() const { return part_shared_ && other_part_ && !whole_shared_; }

  std::uint64_t count(const IdView& id) const { return holders_.of(id); }
  bool any_generic(std::span<const IdView> ids) const {
    return std::ranges::any_of(ids, [this](const IdView& id) { return count(id) > generic_above_; });
  }

  const IdFacts& left_;
  const IdFacts& right_;
  Holders& holders_;
  std::uint64_t generic_above_;
  Evidence evidence_;
  bool shared_ = false, serial_shared_ = false, whole_shared_ = false, part_shared_ = false;
  bool other_uuid_ = false, other_mac_ = false, other_part_ = false, veto_ = false;
};

class StrongId final : public DedupStrategy {
 public:
  StrongId(Host&, std::string_view settings_json) {
    constexpr double kUsualLimit = 5;
    const Json settings = Json::parse(settings_json);
    fields_ = fields_in(settings["fields"]);
    generic_above_ = static_cast<std::uint64_t>(settings["generic_above"].number(kUsualLimit));
  }

  void keys(const Batch& records, Keys& keys) override {
    const std::vector<IdField> fields = fields_.empty() ? default_fields(records.entity()) : fields_;
    for (const Record record : records) {
      const std::vector<std::string> lines = id_lines(record, fields);
      for (const std::string& line : lines) keys.add(record, KeyKind::block, line);
      keys.form(record, id_form(record, lines));
    }
  }

  void compare(std::string_view probe, const Forms& candidates, const Terms& terms,
               Weights& weights) override {
    const IdFacts left(probe);
    Holders holders(left, terms);
    for (std::size_t i = 0; i < candidates.size(); ++i)
      Pair(left, IdFacts(candidates[i]), holders, generic_above_, weights.reasons()).give(i, weights);
  }

 private:
  std::vector<IdField> fields_;  // none: those of the entity
  std::uint64_t generic_above_;
};

}  // namespace

PSABRIDGE_PLUGIN(
    "org.psabridge.dedup.strong_id", PSABRIDGE_VERSION, "psabridge",
    "Joins records that share an id which names one thing in the world",
    dedup<StrongId>("strong_id",
                    "Records with the same serial number, directory id, RMM id or alert are the same",
                    kSettings));
