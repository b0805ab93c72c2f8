#include "dedup/common/identifiers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "syncers/common/text.h"

namespace psabridge::dedup {
namespace {

using syncers::is_digit;
using syncers::is_letter;
using syncers::lower;
using syncers::trimmed;

constexpr std::size_t kLongestId = 200;  // bytes as written; Active Directory's names are the longest

bool is_word_character(char c) {
  return is_digit(c) || is_letter(c) || static_cast<unsigned char>(c) >= 0x80;
}
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// Sorted; as folded() writes them.
constexpr auto kPlaceholders = std::to_array<std::string_view>({"applicable",
                                                                "asset",
                                                                "assettag",
                                                                "baseboardserialnumber",
                                                                "blank",
                                                                "chassisserialnumber",
                                                                "default",
                                                                "defaultstring",
                                                                "empty",
                                                                "generic",
                                                                "invalid",
                                                                "na",
                                                                "nil",
                                                                "noassettag",
                                                                "none",
                                                                "noserialnumber",
                                                                "notapplicable",
                                                                "notavailable",
                                                                "notdefined",
                                                                "notfound",
                                                                "notset",
                                                                "notspecified",
                                                                "null",
                                                                "oem",
                                                                "pending",
                                                                "serial",
                                                                "serialnumber",
                                                                "standard",
                                                                "string",
                                                                "systemmanufacturer",
                                                                "systemproductname",
                                                                "systemserialnumber",
                                                                "systemuuid",
                                                                "systemversion",
                                                                "tba",
                                                                "tbc",
                                                                "tbd",
                                                                "test",
                                                                "tobefilledbyoem",
                                                                "tobefilledin",
                                                                "undefined",
                                                                "unknown",
                                                                "unspecified"});
static_assert(std::ranges::is_sorted(kPlaceholders));

/// "aaaa", "0000": keys held down.
bool is_one_character(std::string_view id) {
  return id.find_first_not_of(id.substr(0, 1)) == std::string_view::npos;
}

/// "123456789", "9876543": counted up or down, also over the 9.
bool is_counted(std::string_view id) {
  const auto steps = [id](int step) {
    return std::ranges::adjacent_find(id, [step](char a, char b) {
             return !is_digit(a) || !is_digit(b) || (a - '0' + step + 10) % 10 != b - '0';
           }) == id.end();
  };
  return steps(1) || steps(-1);
}

bool has_digit(std::string_view text) { return std::ranges::any_of(text, is_digit); }

/// Without a label that somebody copied along: "S/N: 5CG1" is "5CG1".
std::string_view without_label(std::string_view text) {
  constexpr auto kLabels = std::to_array<std::string_view>(
      {"sn", "serial", "serialno", "serialnumber", "servicetag", "seriennummer"});
  const std::size_t colon = text.find_first_of(":#");
  if (colon == std::string_view::npos) return text;
  const std::string label = folded(text.substr(0, colon), kLongestId);
  return std::ranges::find(kLabels, label) == kLabels.end() ? text : text.substr(colon + 1);
}

/// Letters of which no word is made, as one service tag in ten is: fewer than one vowel in five.
bool is_unspeakable(std::string_view letters) {
  constexpr std::size_t kShortest = 7;
  const auto is_vowel = [](char c) { return std::string_view("aeiouy").find(c) != std::string_view::npos; };
  const auto vowels = static_cast<std::size_t>(std::ranges::count_if(letters, is_vowel));
  return letters.size() >= kShortest && std::ranges::all_of(letters, is_letter) &&
         vowels * 5 < letters.size();
}

std::string normal_serial(std::string_view text) {
  constexpr std::size_t kShortest = 5, kLongest = 64;
  std::string serial = folded(without_label(text), kLongest + 1);
  const bool counted = is_counted(serial) || serial.find("123456789") != std::string::npos ||
                       serial.find("0123456") != std::string::npos;
  if (serial.size() < kShortest || serial.size() > kLongest || counted || is_one_character(serial) ||
      !(has_digit(serial) || is_unspeakable(serial)))
    return {};
  std::ranges::transform(serial, serial.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return serial;
}

/// Hexadecimal digits of an id that is written with marks between them; empty unless there are `digits`.
std::string hex_digits(std::string_view text, std::string_view marks, std::size_t digits) {
  std::string hex;
  for (const char c : text)
    if (marks.find(c) == std::string_view::npos) hex += lower(c);
  return hex.size() == digits && std::ranges::all_of(hex, is_hex) ? hex : std::string();
}

/// With the first three groups in the other order of bytes, as half of the programs that read a main board
/// give them.
std::string other_byte_order(const std::string& hex) {
  static constexpr std::array<int, 8> kOrder = {3, 2, 1, 0, 5, 4, 7, 6};
  std::string other = hex;
  for (std::size_t i = 0; i < kOrder.size(); ++i)
    other.replace(2 * i, 2, hex, static_cast<std::size_t>(kOrder[i]) * 2, 2);
  return other;
}

/// UUIDs that whole series of main boards share.
bool is_cloned_uuid(std::string_view hex) {
  constexpr auto kCloned =
      std::to_array<std::string_view>({"000102030405060708090a0b0c0d0e0f", "10000000000080000040000000000000",
                                       "1234567812345678123456789abcdef0", "123456781234567890abcddeefaabbcc",
                                       "deadbeefdeadbeefdeadbeefdeadbeef"});
  constexpr auto kTails = std::to_array<std::string_view>({"000700080009", "010700080009"});
  return std::ranges::find(kCloned, hex) != kCloned.end() ||
         std::ranges::find(kTails, hex.substr(20)) != kTails.end();
}

bool repeats_one_byte(std::string_view hex) {
  for (std::size_t i = 2; i < hex.size(); i += 2)
    if (hex.substr(i, 2) != hex.substr(0, 2)) return false;
  return true;
}

std::string normal_uuid(std::string_view text) {
  constexpr std::string_view kUrn = "urn:uuid:";
  if (text.starts_with(kUrn)) text.remove_prefix(kUrn.size());
  const std::string hex = hex_digits(text, "{}- ", 32);
  if (hex.empty()) return {};
  const std::string other = other_byte_order(hex);
  if (repeats_one_byte(hex) || is_one_character(hex) || is_cloned_uuid(hex) || is_cloned_uuid(other))
    return {};
  std::string uuid = std::min(hex, other);
  for (const std::size_t dash : {8u, 13u, 18u, 23u}) uuid.insert(dash, 1, '-');
  return uuid;
}

/// Adapters that go from device to device (docks, plugs) or that software makes alike on many devices.
bool is_travelling_adapter(std::string_view hex) {
  constexpr auto kDocks =
      std::to_array<std::string_view>({"00051b", "000ec6", "00133b", "00249b", "0050b6", "00e04c", "0c3796",
                                       "3c18a0", "644bf0", "8cae4c", "9cebe8", "a0cec8", "f8e43b"});
  constexpr auto kSoftware =
      std::to_array<std::string_view>({"0003ff", "000569", "00059a", "00090f", "000c29", "00155d", "00163e",
                                       "001c14", "001c42", "005056", "080027", "204153", "505054"});
  const std::string_view vendor = hex.substr(0, 6);
  return std::ranges::find(kDocks, vendor) != kDocks.end() ||
         std::ranges::find(kSoftware, vendor) != kSoftware.end() || hex.starts_with("00ff") ||
         hex == "001122334455";
}

std::string normal_mac(std::string_view text) {
  const std::string hex = hex_digits(text, ":-. ", 12);
  if (hex.empty() || repeats_one_byte(hex) || is_counted(hex) || is_travelling_adapter(hex)) return {};
  const char low = hex[1];  // its bits 1 and 2: sent to many, made up on the spot
  const int bits = is_digit(low) ? low - '0' : low - 'a' + 10;
  if ((bits & 3) != 0) return {};
  std::string mac = hex;
  for (std::size_t colon = 2; colon < mac.size(); colon += 3) mac.insert(colon, 1, ':');
  return mac;
}

std::string normal_external_id(std::string_view text) {
  constexpr std::size_t kShortestWord = 4;
  std::string id = lower(text);
  if (id.starts_with('{') && id.ends_with('}')) id = id.substr(1, id.size() - 2);
  const std::string bare = folded(id, kLongestId);
  const bool zero = bare.find_first_not_of('0') == std::string::npos || id == "-1";
  const bool all_f = bare.size() >= 8 && bare.find_first_not_of('f') == std::string::npos;
  if (zero || all_f || (!has_digit(bare) && bare.size() < kShortestWord)) return {};
  return id;
}

/// "GB 123 4567 82" and "123456782" are one number: the country is often left out.
std::string normal_legal_number(std::string_view text) {
  constexpr std::size_t kShortest = 6, kLongest = 32, kFewestDigits = 5;
  constexpr auto kCountries =
      std::to_array<std::string_view>({"abn", "atu", "be", "bg", "che", "cy", "cz", "de", "dk", "ee", "el",
                                       "es",  "fi",  "fr", "gb", "hr",  "hu", "ie", "it", "lt", "lu", "lv",
                                       "mt",  "nl",  "no", "nz", "pl",  "pt", "ro", "se", "si", "sk", "xi"});
  std::string number = folded(text, kLongest + 1);
  for (const std::string_view country : kCountries)
    if (number.starts_with(country) && number.size() > country.size() && is_digit(number[country.size()])) {
      number.erase(0, country.size());
      break;
    }
  // Other countries: two letters before nothing but digits.
  if (number.size() > 8 && !is_digit(number[0]) && !is_digit(number[1]) &&
      std::all_of(number.begin() + 2, number.end(), is_digit))
    number.erase(0, 2);
  const auto digits = static_cast<std::size_t>(std::ranges::count_if(number, is_digit));
  if (number.size() < kShortest || number.size() > kLongest || digits < kFewestDigits ||
      is_one_character(number) || is_counted(number))
    return {};
  return number;
}

/// The words of a client's name, without legal forms; of the first bytes that a name may have.
std::vector<std::string> client_words(std::string_view name) {
  constexpr auto kForms =
      std::to_array<std::string_view>({"ag", "and", "bv", "co", "company", "corp", "gmbh", "group", "inc",
                                       "kg", "limited", "llc", "llp", "ltd", "plc", "pty", "the"});
  std::vector<std::string> words;
  name = whole_characters(name, kLongestId);
  for (auto at = std::ranges::find_if(name, is_word_character); at != name.end();) {
    const auto end = std::find_if_not(at, name.end(), is_word_character);
    std::string word = lower({at, end});
    if (std::ranges::find(kForms, word) == kForms.end()) words.push_back(std::move(word));
    at = std::find_if(end, name.end(), is_word_character);
  }
  return words;
}

}  // namespace

std::optional<IdKind> id_kind(std::string_view name) {
  static constexpr auto kNames =
      std::to_array<std::pair<std::string_view, IdKind>>({{"alert_id", IdKind::alert_id},
                                                          {"external_id", IdKind::external_id},
                                                          {"legal_number", IdKind::legal_number},
                                                          {"mac", IdKind::mac},
                                                          {"object_id", IdKind::object_id},
                                                          {"serial", IdKind::serial},
                                                          {"uuid", IdKind::uuid}});
  const auto found = std::ranges::find(kNames, name, [](const auto& entry) { return entry.first; });
  return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

std::string_view whole_characters(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  while (longest > 0 && continues(text[longest])) --longest;
  return text.substr(0, longest);
}

std::string folded(std::string_view text, std::size_t longest) {
  std::string result;
  for (const char c : text) {
    if (is_word_character(c)) result += lower(c);
    if (result.size() > longest) break;
  }
  return std::string(whole_characters(result, longest));
}

bool is_placeholder(std::string_view text) {
  constexpr std::size_t kLongestPlaceholder = 32;
  return std::ranges::binary_search(kPlaceholders, folded(text, kLongestPlaceholder));
}

std::string normal_id(IdKind kind, std::string_view text) {
  const std::string_view id = trimmed(text.substr(0, kLongestId + 1));
  if (id.empty() || text.size() > kLongestId || is_placeholder(id) ||
      std::ranges::any_of(id, [](char c) { return static_cast<unsigned char>(c) < ' '; }))
    return {};
  switch (kind) {
    case IdKind::serial:
      return normal_serial(id);
    case IdKind::uuid:
      return normal_uuid(id);
    case IdKind::mac:
      return normal_mac(id);
    case IdKind::legal_number:
      return normal_legal_number(id);
    case IdKind::alert_id:
    case IdKind::external_id:
    case IdKind::object_id:
      break;
  }
  return normal_external_id(id);
}

std::vector<std::string> normal_ids(IdKind kind, std::string_view text) {
  constexpr std::size_t kMostAdapters = 8;
  std::vector<std::string> ids;
  const auto take = [&](std::string_view one) {
    std::string id = normal_id(kind, one);
    if (!id.empty()) ids.push_back(std::move(id));
  };
  take(text);
  if (kind != IdKind::mac || !ids.empty() || text.size() > kLongestId) return ids;
  while (!text.empty() && ids.size() < kMostAdapters) {
    const std::size_t end = std::min(text.find_first_of(",;| \t\r\n"), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return ids;
}

std::string normal_client_name(std::string_view name) {
  constexpr std::size_t kLongestName = 48;
  std::string joined;
  for (const std::string& word : client_words(name)) joined += word;
  if (joined.size() > kLongestName) return {};
  return joined;
}

std::vector<std::string> alert_ids(const sdk::Record& ticket, std::string_view number) {
  constexpr std::size_t kLongestAlertId = 64, kLongestClient = 48, kMostWords = 3;
  const std::string id = normal_id(IdKind::alert_id, number);
  if (id.empty() || id.size() > kLongestAlertId) return {};
  std::vector<std::string> ids;
  const std::string name = normal_client_name(ticket.text("client_name"));
  if (!name.empty()) ids.push_back(id + " (client " + name + ")");
  const std::string_view client = ticket.text("client_id");
  const std::string_view connection = ticket.batch().connection();
  if (!client.empty() && client.size() <= kLongestClient && connection.size() <= kLongestClient)
    ids.push_back(id + " (client " + std::string(client) + " in " + std::string(connection) + ")");
  if (normal_uuid(id).empty()) return ids;
  std::vector<std::string> words = client_words(ticket.text("client_name"));
  words.resize(std::min(words.size(), kMostWords));
  for (const std::string& word : words)
    if (word.size() > 2 && word != name) ids.push_back(id + " (client " + word + ")");
  return ids;
}

}  // namespace psabridge::dedup
