#include "settings.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <psabridge/json.hpp>
#include <psabridge/plugin.hpp>

namespace psabridge::similar {
namespace {

using sdk::Json;

constexpr std::size_t kMostSlots = 32, kMostSources = 8;

[[noreturn]] void refuse(const std::string& message) { throw sdk::Failure(sdk::Outcome::invalid, message); }

std::string kind_names() {
  std::string names = "given_name, surname";
  for (std::size_t i = 0; i < kKinds; ++i) names += ", " + std::string(model_of(static_cast<Kind>(i)).name);
  return names;
}

std::optional<Kind> kind_named(std::string_view name) {
  for (std::size_t i = 0; i < kKinds; ++i)
    if (model_of(static_cast<Kind>(i)).name == name) return static_cast<Kind>(i);
  return std::nullopt;
}

/// The field itself with those of "join" behind it, then each of "with".
std::vector<Source> sources_of(const std::string& field, const Json& given) {
  std::vector<Source> sources{{field}};
  for (const Json& next : given["join"].elements()) sources.front().push_back(next.text());
  for (const Json& other : given["with"].elements()) sources.push_back({other.text()});
  if (sources.size() > kMostSources)
    refuse("fields." + field + ".with names more than " + std::to_string(kMostSources - 1) + " fields.");
  return sources;
}

Slot& person_in(Slots& slots, const std::string& name) {
  const auto found =
      std::find_if(slots.begin(), slots.end(), [](const Slot& s) { return s.kind == Kind::person; });
  if (found != slots.end()) return *found;
  return slots.emplace_back(Slot{name, Kind::person, {}, {}, {}});
}

void append(std::vector<Source>& to, std::vector<Source> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// The parts of a name and whole names are one person's.
void add_slot(Slots& slots, const std::string& field, const std::string& kind, std::vector<Source> sources) {
  if (kind == "given_name") {
    Slot& person = person_in(slots, field);
    if (person.given_name.empty()) person.given_name = field;
    return append(person.given, std::move(sources));
  }
  if (kind == "surname") {
    Slot& person = person_in(slots, field);
    if (person.surname_name.empty()) person.surname_name = field;
    return append(person.surname, std::move(sources));
  }
  const std::optional<Kind> known = kind_named(kind);
  if (!known) refuse("fields." + field + " is of kind \"" + kind + "\"; the kinds are " + kind_names() + ".");
  if (*known == Kind::person) return append(person_in(slots, field).sources, std::move(sources));
  slots.push_back({field, *known, std::move(sources), {}, {}});
}

Slots slots_in(const Json& fields) {
  Slots slots;
  for (const auto& [field, given] : fields.members()) {
    const std::string kind = given["kind"].text(given.text());
    add_slot(slots, field, kind, sources_of(field, given));
  }
  if (slots.size() > kMostSlots)
    refuse("fields names more than " + std::to_string(kMostSlots) + " things to compare.");
  std::stable_sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) { return a.kind < b.kind; });
  return slots;
}

Weight weight_of(double probability) {
  return static_cast<Weight>(
      std::llround(std::log2(probability / (1 - probability)) * static_cast<double>(kBit)));
}

double probability(const Json& settings, std::string_view name, double otherwise) {
  const double given = settings[name].number(otherwise);
  if (!(given > 0 && given < 1)) refuse(std::string(name) + " must lie between 0 and 1, both excluded.");
  return given;
}

}  // namespace

Slots read_slots(std::string_view json) { return slots_in(Json::parse(json)); }

Settings read_settings(std::string_view json) {
  const Json given = Json::parse(json);
  const double merge = probability(given, "merge", 0.995), review = probability(given, "review", 0.8);
  if (review > merge) refuse("review is above merge: what is sure enough to be joined needs no review.");
  Settings settings{weight_of(merge), weight_of(review), slots_in(given["fields"])};
  if (!given["fields"].is_null() && settings.slots.empty())
    refuse("fields names no field to compare; give at least one, or leave the setting out.");
  return settings;
}

}  // namespace psabridge::similar
