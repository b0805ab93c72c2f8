// Weighs how alike two records are by the model of Fellegi and Sunter, with the frequency of values in the
// store and without training.
#include <cmath>
#include <optional>
#include <psabridge/plugin.hpp>
#include <string>

#include "agreement.h"
#include "blocking.h"
#include "defaults.h"
#include "form.h"
#include "reading.h"
#include "reason_text.h"
#include "settings.h"
#include "tally.h"

namespace psabridge::similar {
namespace {

using namespace sdk;

constexpr std::string_view kSettingsSchema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "merge": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.995,
              "description": "Probability from which two records are joined."},
    "review": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.8,
               "description": "Probability from which a person is asked."},
    "fields": {
      "type": "object", "minProperties": 1,
      "description": "Kind of each field to compare; needed for entities other than client, site, contact and asset.",
      "additionalProperties": {"oneOf": [
        {"$ref": "#/definitions/kind"},
        {"type": "object", "additionalProperties": false, "required": ["kind"], "properties": {
          "kind": {"$ref": "#/definitions/kind"},
          "with": {"type": "array", "items": {"type": "string"}, "maxItems": 7,
                   "description": "Other fields of the same meaning; any value may agree with any."},
          "join": {"type": "array", "items": {"type": "string"}, "maxItems": 7,
                   "description": "Fields that go on where this one ends: month and day after a year."}}}]}}},
  "definitions": {"kind": {"enum": ["given_name", "surname", "unique_id", "person", "company", "email", "identifier",
    "device_name", "phone", "domain", "date", "address", "street", "postcode", "town", "house_number", "belongs_to", "text", "region", "category",
    "maker", "amount"]}}})";

/// Pairs below this weight are not named: nothing more would be learnt of them.
constexpr Weight kSurelyDistinct = bits(-8);

/// From so many candidates on it pays to know closely how much a slot may bring: for fewer, the counts that
/// this takes cost more than the comparisons that they spare.
constexpr std::size_t kManyCandidates = 8;

/// A desk has another number than a mobile phone, but who has both has one of them in common with himself.
constexpr Weight kSecondNumber = bits(-4);

/// The probe's values of one slot.
struct ProbeSlot {
  ProbeSlot(const Slot& is, std::size_t index, const Terms& terms) : slot(&is), counting(terms, index) {}

  const Slot* slot;
  Counting counting;
  std::vector<ProbeValue> values;
  std::optional<ProbePerson> person;
  Weight most_to_come = 0;  // of this slot and those behind it

  /// The value pair that agrees best.
  Finding best_of(FormReader& form, std::size_t count) const {
    Finding best;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view other = form.next();
      for (const ProbeValue& value : values) {
        const Finding found = value.against(other);
        if (best.level == Level::missing || found.weight > best.weight) best = found;
      }
    }
    const bool none_shared = slot->kind == Kind::phone && best.level == Level::differ;
    if (none_shared && std::min(count, values.size()) > 1) best.weight += kSecondNumber;
    return best;
  }
};

Subject subject_of(const Slots& slots) {
  constexpr Kind kNames[] = {Kind::person, Kind::company, Kind::email};
  const auto has = [&](Kind kind) { return std::ranges::find(slots, kind, &Slot::kind) != slots.end(); };
  const bool named = std::ranges::any_of(kNames, has);
  if (named) return Subject::named;
  if (has(Kind::device_name)) return Subject::device;
  return has(Kind::identifier) ? Subject::thing : Subject::named;
}

/// A probe taken apart once, to be compared with many candidates.
class Probe {
 public:
  /// `candidates`: so many will be compared with it.
  Probe(std::string_view form, const Slots& slots, const Terms& terms, std::size_t candidates)
      : prior_(prior(terms.total())), subject_(subject_of(slots)) {
    slots_.reserve(slots.size());  // values point to their slot's counting
    FormReader reader(form);
    for (std::size_t i = 0; i < slots.size(); ++i) take(slots_.emplace_back(slots[i], i, terms), reader);
    Weight most = 0;
    const bool closely = candidates >= kManyCandidates;
    for (std::size_t i = slots_.size(); i-- > 0;)
      slots_[i].most_to_come = most += closely ? most_of(slots_[i]) : at_most(slots_[i]);
  }

  /// Nothing for candidates that are surely distinct.
  std::optional<Tally> quickly(std::string_view candidate) const {
    Tally tally(prior_, subject_);
    FormReader form(candidate);
    for (const ProbeSlot& slot : slots_) {
      if (tally.total() + slot.most_to_come < kSurelyDistinct) return std::nullopt;
      add(slot, form, tally, [](const Slot&, const auto&) {});
    }
    return tally;
  }
  /// Calls `tell(slot, finding)` for every slot.
  template <class Tell>
  Tally wholly(std::string_view candidate, Tell&& tell) const {
    Tally tally(prior_, subject_);
    FormReader form(candidate);
    for (const ProbeSlot& slot : slots_) add(slot, form, tally, tell);
    return tally;
  }
  Weight prior_weight() const noexcept { return prior_; }

 private:
  static void take(ProbeSlot& slot, FormReader& reader) {
    for (std::size_t left = reader.count(); left > 0; --left) {
      const std::string_view value = reader.next();
      if (slot.slot->kind == Kind::person) {
        if (!slot.person) slot.person.emplace(value, slot.counting);
      } else {
        slot.values.emplace_back(value, slot.slot->kind, slot.counting);
      }
    }
  }
  static Weight most_of(const ProbeSlot& slot) {
    if (slot.person) return slot.person->most();
    Weight most = 0;
    for (const ProbeValue& value : slot.values) most = std::max(most, value.most());
    return most;
  }
  /// The same without a look at how common its values are, and so perhaps too much.
  static Weight at_most(const ProbeSlot& slot) {
    if (slot.person) return slot.person->most();
    return slot.values.empty() ? 0 : std::max(model_of(slot.slot->kind).most, Weight{0});
  }
  template <class Tell>
  static void add(const ProbeSlot& slot, FormReader& form, Tally& tally, Tell&& tell) {
    const std::size_t count = form.count();
    if (slot.slot->kind == Kind::person) {
      PersonFinding found;
      for (std::size_t i = 0; i < count; ++i) {
        const std::string_view other = form.next();
        if (i == 0 && slot.person) found = slot.person->against(other);
      }
      tally.add(found);
      tell(*slot.slot, found);
    } else {
      const Finding found = slot.best_of(form, count);
      if (found.level == Level::missing) return;
      tally.add(slot.slot->kind, found);
      tell(*slot.slot, found);
    }
  }

  Weight prior_;
  Subject subject_;
  std::vector<ProbeSlot> slots_;
};

class Similar final : public DedupStrategy {
 public:
  Similar(Host&, std::string_view settings_json) : settings_(read_settings(settings_json)) {}

  void keys(const Batch& records, Keys& keys) override {
    const std::uint8_t entity = entity_of(records.entity());
    const Slots& slots = slots_of(entity);
    const Reading reading(records, slots);
    const std::optional<sdk::Field> place = records.field("general_user");
    for (const Record record : records) {
      // Halo's "General User" stands for a site: there is one for each, and they are no duplicates.
      if (place && record.boolean(*place).value_or(false)) continue;
      const std::vector<Values> values = reading.values_of(record);
      add_keys(slots, values, record, keys);
      keys.form(record, write_form(entity, values));
    }
  }

  void compare(std::string_view probe_form, const Forms& candidates, const Terms& terms,
               Weights& weights) override {
    const std::uint8_t entity = FormReader(probe_form).entity();
    const Probe probe(probe_form, slots_of(entity), terms, candidates.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (FormReader(candidates[i]).entity() != entity) continue;
      if (weights.reasons())
        explain(probe, i, candidates[i], weights);
      else
        weigh(probe, i, candidates[i], weights);
    }
  }

 private:
  /// 0 when the settings name the fields.
  std::uint8_t entity_of(std::string_view entity) const {
    if (!settings_.slots.empty()) return 0;
    const std::optional<std::size_t> known = default_entity(entity);
    if (!known)
      throw Failure(Outcome::invalid,
                    "The strategy \"similar\" has no default fields for the entity \"" + std::string(entity) +
                        "\". Name them in its setting \"fields\", for example fields: {name: company, "
                        "phone: phone}.");
    return static_cast<std::uint8_t>(*known + 1);
  }
  const Slots& slots_of(std::uint8_t entity) const {
    return entity == 0 || entity > kDefaultEntities ? settings_.slots : default_slots(entity - 1u);
  }

  Verdict verdict(const Tally& tally) const {
    if (tally.total() < settings_.review) return Verdict::distinct;
    return tally.total() < settings_.merge || tally.veto() ? Verdict::review : Verdict::same;
  }

  void weigh(const Probe& probe, std::size_t index, std::string_view candidate, Weights& weights) const {
    std::optional<Tally> tally = probe.quickly(candidate);
    if (!tally) return;
    tally->correct(settings_.merge, settings_.review);
    if (tally->total() >= kSurelyDistinct) weights.add(index, verdict(*tally), tally->total(), tally->veto());
  }

  void explain(const Probe& probe, std::size_t index, std::string_view candidate, Weights& weights) const {
    struct Told {
      std::string_view name;
      Weight weight;
      std::string text;
    };
    std::vector<Told> reasons{
        {"prior", probe.prior_weight(), "What is known before the fields are looked at."}};
    Tally tally = probe.wholly(candidate, [&](const Slot& slot, const auto& finding) {
      for_each_reason(slot, finding, [&](std::string_view name, Weight weight, std::string text) {
        reasons.push_back({name, weight, std::move(text)});
      });
    });
    for (const Tally::Correction& correction : tally.correct(settings_.merge, settings_.review))
      reasons.push_back({correction.name, correction.weight, std::string(correction.reason)});
    weights.add(index, verdict(tally), tally.total(), tally.veto());
    for (const Told& reason : reasons) weights.reason(index, reason.name, reason.weight, reason.text);
  }

  Settings settings_;
};

}  // namespace
}  // namespace psabridge::similar

PSABRIDGE_PLUGIN("org.psabridge.dedup.similar", PSABRIDGE_VERSION, "psabridge",
                 "Joins records that are alike: weighs every field by how telling it is",
                 psabridge::sdk::dedup<psabridge::similar::Similar>(
                     "similar", "Records that agree in telling fields are the same",
                     psabridge::similar::kSettingsSchema));
