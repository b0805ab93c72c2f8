#include "reading.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "company_name.h"
#include "contact_points.h"
#include "dates.h"
#include "dedup/common/maker.h"
#include "normal_text.h"
#include "person_name.h"
#include "places.h"

namespace psabridge::similar {
namespace {

constexpr std::size_t kMostRaw = 4096, kMostValues = 8, kMostTextWords = 24;

std::string written(double number) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed, 2);
  return end.ec == std::errc() ? std::string(digits, end.ptr) : std::string();
}

void append_value(std::string& text, const psabridge_value& value) {
  std::string part;
  switch (value.type) {
    case PSABRIDGE_TYPE_NULL:
      return;
    case PSABRIDGE_TYPE_INTEGER:
      part = std::to_string(value.as.integer);
      break;
    case PSABRIDGE_TYPE_BOOL:
      part = value.as.integer ? "yes" : "no";
      break;
    case PSABRIDGE_TYPE_REAL:
      part = written(value.as.real);
      break;
    default:
      part = cut(sdk::detail::view(value.as.text), kMostRaw);
  }
  if (part.empty()) return;
  if (!text.empty()) text += ' ';
  text += part;
}

std::string raw_text(const sdk::Record& record, const std::vector<sdk::Field>& fields) {
  std::string text;
  for (const sdk::Field field : fields) append_value(text, record.value(field));
  return text;
}

/// "$1,299.00" -> "129900": hundredths; empty when there is no number.
std::string normal_amount(std::string_view raw) {
  std::string text;
  for (const char c : fold(raw, 64))
    if (is_digit(c) || c == '.') text += c;
  double number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc() || number > 1e12)
    return {};
  return std::to_string(static_cast<long long>(number * 100 + 0.5));
}

std::string normal_identifier(std::string_view raw) {
  const std::string folded = fold(raw, 160);
  if (is_placeholder(folded)) return {};
  const std::string text = squeezed(folded);
  return text.size() < 3 || is_placeholder(text) ? std::string() : text;
}

/// "WS-014.acme.local" -> "WS-014": other programs leave the network's name out.
std::string_view host_label(std::string_view raw) {
  const std::size_t dot = raw.find('.');
  return dot == 0 || raw.find(' ') != std::string_view::npos ? raw : raw.substr(0, dot);
}

/// Tax numbers are written with and without their country: "GB634337768".
std::string without_country(std::string number) {
  const bool has_country = number.size() >= 9 && !is_digit(number[0]) && !is_digit(number[1]) &&
                           std::all_of(number.begin() + 2, number.end(), is_digit);
  if (has_country) number.erase(0, 2);
  return is_placeholder(number) ? std::string() : number;
}

std::string normal_category(std::string_view raw) {
  const std::string folded = fold(raw, 240);
  return is_placeholder(folded) ? std::string() : joined(words(folded, 10));
}

std::string normal_person(const PersonName& name) {
  if (name.empty()) return {};
  return name.given + kPart + name.surname + kPart + name.suffix;
}

std::string normal(Kind kind, std::string_view raw) {
  switch (kind) {
    case Kind::unique_id:
      return without_country(normal_identifier(raw));
    case Kind::identifier:
      return normal_identifier(raw);
    case Kind::device_name:
      return normal_identifier(host_label(raw));
    case Kind::maker:
      return dedup::normal_maker(raw);
    case Kind::person:  // put together from several sources by its caller
    case Kind::belongs_to:
    case Kind::company:
      return normal_company(raw);
    case Kind::email:
      return normal_email(raw);
    case Kind::phone:
      return normal_phone(raw);
    case Kind::domain:
      return normal_domain(raw);
    case Kind::date:
      return normal_date(raw);
    case Kind::address:
      return normal_address(raw);
    case Kind::street:
      return normal_street(raw);
    case Kind::postcode:
      return normal_postcode(raw);
    case Kind::town:
      return normal_town(raw);
    case Kind::house_number:
      return normal_house_number(raw);
    case Kind::text:
      return normal_text(raw, kMostTextWords);
    case Kind::region:
    case Kind::category:
      return normal_category(raw);
    case Kind::amount:
      return normal_amount(raw);
  }
  return {};
}

void add_distinct(Values& values, std::string value) {
  if (value.empty() || values.size() == kMostValues) return;
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
}

/// Words of the places where the record is.
std::string places_of(const Slots& slots, const std::vector<Values>& values) {
  std::string places;
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i].kind == Kind::town || slots[i].kind == Kind::region)
      for (const std::string& value : values[i]) places += value + ' ';
  return places;
}

}  // namespace

PersonParts person_parts(std::string_view value) noexcept {
  const std::size_t first = value.find(kPart);
  if (first == std::string_view::npos) return {value, {}, {}};
  const std::size_t second = value.find(kPart, first + 1);
  return {value.substr(0, first), value.substr(first + 1, second - first - 1),
          second == std::string_view::npos ? std::string_view() : value.substr(second + 1)};
}

Reading::Reading(const sdk::Batch& batch, const Slots& slots) : slots_(slots) {
  const auto located = [&](const std::vector<Source>& sources) {
    std::vector<Places> all;
    for (const Source& source : sources) {
      Places places;
      for (const std::string& name : source)
        if (const std::optional<sdk::Field> field = batch.field(name)) places.push_back(*field);
      if (!places.empty()) all.push_back(std::move(places));
    }
    return all;
  };
  for (const Slot& slot : slots)
    located_.push_back({located(slot.sources), located(slot.given), located(slot.surname)});
}

std::vector<Values> Reading::values_of(const sdk::Record& record) const {
  std::vector<Values> values(slots_.size());
  const auto joined_text = [&](const std::vector<Places>& sources) {
    std::string text;
    for (const Places& places : sources)
      if (const std::string part = raw_text(record, places); !part.empty())
        text += (text.empty() ? "" : " ") + part;
    return text;
  };
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Located& where = located_[i];
    if (slots_[i].kind == Kind::person) {
      const PersonName parts = person_name(joined_text(where.given), joined_text(where.surname));
      const PersonName whole =
          person_name(where.sources.empty() ? std::string() : raw_text(record, where.sources.front()));
      add_distinct(values[i], normal_person(completed(parts, whole)));
      continue;
    }
    for (const Places& places : where.sources)
      add_distinct(values[i], normal(slots_[i].kind, raw_text(record, places)));
  }
  if (const std::string places = places_of(slots_, values); !places.empty())
    for (std::size_t i = 0; i < slots_.size(); ++i)
      if (slots_[i].kind == Kind::company)
        for (std::string& value : values[i]) value = with_places(value, places);
  return values;
}

}  // namespace psabridge::similar
