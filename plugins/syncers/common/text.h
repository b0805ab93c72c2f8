// Small rules about texts that people typed into a PSA, shared by the syncers. Pure functions: no state, any
// thread.
#pragma once
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::syncers {

inline constexpr std::string_view kWhitespace = " \t\r\n\v\f";

/// Without whitespace at both ends.
inline std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kWhitespace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhitespace) - begin + 1);
}

/// Without NUL characters, which PSAs let into their texts and databases and JSON readers choke on.
inline std::string without_nul(std::string_view text) {
  std::string clean(text);
  std::erase(clean, '\0');
  return clean;
}

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// ASCII letters in lower case; other characters stay.
inline std::string lower(std::string_view text) {
  std::string folded(text);
  std::ranges::transform(folded, folded.begin(), [](char c) { return lower(c); });
  return folded;
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, {}, [](char c) { return lower(c); }, [](char c) { return lower(c); });
}

/// An e-mail address as it is compared: lower case, without "mailto:".
inline std::string normal_email(std::string_view text) {
  std::string email = lower(trimmed(text));
  constexpr std::string_view kScheme = "mailto:";
  if (email.starts_with(kScheme)) email.erase(0, kScheme.size());
  return email;
}

/// The parts that are not empty, joined by a blank.
inline std::string joined(std::string_view first, std::string_view second) {
  std::string both(first);
  if (!first.empty() && !second.empty()) both += ' ';
  return both.append(second);
}

/// Where the number itself ends and an extension, a remark or a second number begins.
inline std::string_view first_number(std::string_view phone) {
  const std::size_t begin = phone.find_first_of("+0123456789");
  if (begin == std::string_view::npos) return {};
  phone.remove_prefix(begin);
  const auto ends = [](char c) { return is_letter(c) || c == '#' || c == ',' || c == ';'; };
  return phone.substr(0, static_cast<std::size_t>(std::ranges::find_if(phone, ends) - phone.begin()));
}

/// Digits of a telephone number as people write it, for comparing with a caller's: "+44 (0)20 7946-0958 ext.
/// 12" and "0044 20 7946 0958" both give "+442079460958". Empty when it is too short for a number.
inline std::string phone_digits(std::string_view phone) {
  std::string number(first_number(phone));
  const bool zeros = number.starts_with("00");
  const bool international = zeros || number.starts_with('+');
  if (const std::size_t trunk = number.find("(0)"); international && trunk != std::string::npos)
    number.erase(trunk, 3);
  std::erase_if(number, [](char c) { return !is_digit(c); });
  if (zeros) number.erase(0, 2);
  constexpr std::size_t kShortestNumber = 3;
  if (number.size() < kShortestNumber) return {};
  return international ? "+" + number : number;
}

/// A name made of labels and dots, with at least one letter in its last label (so that an IP address is
/// none).
inline bool is_domain(std::string_view text) {
  const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c < 0; };
  const std::size_t last_dot = text.rfind('.');
  if (last_dot == std::string_view::npos || last_dot == 0 || text.find("..") != std::string_view::npos)
    return false;
  const std::string_view top = text.substr(last_dot + 1);
  return std::ranges::all_of(text, fits) &&
         std::ranges::any_of(top, [](char c) { return is_letter(c) || c < 0; });
}

/// The internet domain in a web address, an e-mail address or a bare domain: lower case, without "www.".
/// Empty when there is none.
inline std::string domain_of(std::string_view address) {
  std::string_view host = trimmed(address);
  if (const std::size_t scheme = host.find("://"); scheme != std::string_view::npos)
    host.remove_prefix(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  std::string domain = lower(host.substr(0, host.find(':')));
  if (domain.ends_with('.')) domain.pop_back();
  if (domain.starts_with("www.")) domain.erase(0, 4);
  return is_domain(domain) ? domain : std::string();
}

/// True for the mail providers of everybody: their domain says nothing of the client.
inline bool is_public_mail_domain(std::string_view domain) {
  constexpr auto kProviders = std::to_array<std::string_view>(
      {"aol.com",     "comcast.net", "fastmail.com", "free.fr",        "gmail.com",     "gmx.at",
       "gmx.com",     "gmx.de",      "gmx.net",      "googlemail.com", "hotmail.co.uk", "hotmail.com",
       "icloud.com",  "live.com",    "mac.com",      "mail.com",       "me.com",        "msn.com",
       "orange.fr",   "outlook.com", "proton.me",    "protonmail.com", "t-online.de",   "web.de",
       "yahoo.co.uk", "yahoo.com",   "ymail.com"});
  return std::ranges::binary_search(kProviders, domain);
}

/// The words of a comma or semicolon separated list, in their order, each once (ASCII case ignored).
inline std::vector<std::string_view> list_items(std::string_view list) {
  std::vector<std::string_view> items;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(",;"), list.size());
    const std::string_view item = trimmed(list.substr(0, end));
    const auto same = [item](std::string_view other) { return equal_ignoring_case(other, item); };
    if (!item.empty() && std::ranges::none_of(items, same)) items.push_back(item);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return items;
}

}  // namespace psabridge::syncers
