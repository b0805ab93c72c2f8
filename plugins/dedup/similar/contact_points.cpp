#include "contact_points.h"

#include <libpsl.h>

#include <algorithm>
#include <iterator>

#include "dedup/common/mailboxes.h"
#include "normal_text.h"

namespace psabridge::similar {
namespace {

// Sorted: free mail, and hosts that give pages or mailboxes under their own name.
constexpr std::string_view kPublicDomains[] = {
    "126.com",         "163.com",        "aol.com",         "att.net",         "azurewebsites.net",
    "bigpond.com",     "blogspot.com",   "btinternet.com",  "btopenworld.com", "business.site",
    "charter.net",     "cloudapp.net",   "comcast.net",     "cox.net",         "earthlink.net",
    "email.com",       "example.com",    "example.net",     "example.org",     "facebook.com",
    "fastmail.com",    "free.fr",        "freenet.de",      "github.io",       "gmail.com",
    "gmx.at",          "gmx.com",        "gmx.de",          "gmx.net",         "godaddysites.com",
    "google.com",      "googlemail.com", "hey.com",         "hotmail.co.uk",   "hotmail.com",
    "hotmail.de",      "hotmail.fr",     "icloud.com",      "iinet.net.au",    "inbox.com",
    "instagram.com",   "jimdo.com",      "laposte.net",     "libero.it",       "linkedin.com",
    "live.co.uk",      "live.com",       "live.com.au",     "mac.com",         "mail.com",
    "mail.ru",         "me.com",         "microsoft.com",   "msn.com",         "myshopify.com",
    "naver.com",       "netlify.app",    "ntlworld.com",    "o2.co.uk",        "office365.com",
    "onmicrosoft.com", "optonline.net",  "optusnet.com.au", "orange.fr",       "outlook.com",
    "outlook.com.au",  "outlook.de",     "plus.net",        "pm.me",           "proton.me",
    "protonmail.com",  "qq.com",         "rediffmail.com",  "rocketmail.com",  "sbcglobal.net",
    "seznam.cz",       "sharepoint.com", "sky.com",         "squarespace.com", "t-online.de",
    "talktalk.net",    "telstra.com",    "tiscali.co.uk",   "tutanota.com",    "twitter.com",
    "verizon.net",     "virgin.net",     "virginmedia.com", "wanadoo.fr",      "web.de",
    "webador.com",     "weebly.com",     "wix.com",         "wixsite.com",     "wordpress.com",
    "xtra.co.nz",      "yahoo.ca",       "yahoo.co.in",     "yahoo.co.uk",     "yahoo.com",
    "yahoo.com.au",    "yahoo.de",       "yahoo.fr",        "yandex.ru",       "ymail.com",
    "zoho.com"};

// Sorted.
constexpr std::string_view kRoles[] = {"account",
                                       "accounting",
                                       "accounts",
                                       "admin",
                                       "administration",
                                       "administrator",
                                       "billing",
                                       "bookings",
                                       "care",
                                       "contact",
                                       "customerservice",
                                       "customerservices",
                                       "desk",
                                       "email",
                                       "enquiries",
                                       "enquiry",
                                       "finance",
                                       "frontdesk",
                                       "general",
                                       "hello",
                                       "help",
                                       "helpdesk",
                                       "hi",
                                       "hr",
                                       "info",
                                       "information",
                                       "inquiries",
                                       "invoice",
                                       "invoices",
                                       "it",
                                       "itsupport",
                                       "jobs",
                                       "kontakt",
                                       "mail",
                                       "mailbox",
                                       "manager",
                                       "marketing",
                                       "noreply",
                                       "office",
                                       "operations",
                                       "orders",
                                       "payables",
                                       "payroll",
                                       "post",
                                       "postmaster",
                                       "purchasing",
                                       "reception",
                                       "recruitment",
                                       "reservations",
                                       "root",
                                       "sales",
                                       "scan",
                                       "scanner",
                                       "secretary",
                                       "service",
                                       "services",
                                       "shop",
                                       "staff",
                                       "support",
                                       "team",
                                       "tech",
                                       "user",
                                       "webmaster"};

template <std::size_t Count>
bool among(const std::string_view (&sorted)[Count], std::string_view text) noexcept {
  return std::binary_search(std::begin(sorted), std::end(sorted), text);
}

bool is_host_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// The host in a folded text: after a scheme and an "@", up to a port or path.
std::string_view host_in(std::string_view text) noexcept {
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos)
    text.remove_prefix(scheme + 3);
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) text.remove_prefix(at + 1);
  while (!text.empty() && !is_host_byte(text.front())) text.remove_prefix(1);
  const auto end = std::find_if_not(text.begin(), text.end(), is_host_byte);
  text = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  while (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

bool is_made_up(std::string_view digits) noexcept {
  const std::size_t alike_from = digits.find_last_not_of(digits.back()) + 1;
  return digits.size() - alike_from > 5 ||
         std::string_view("01234567890123456789").find(digits) != std::string_view::npos ||
         std::string_view("98765432109876543210").find(digits) != std::string_view::npos;
}

constexpr std::size_t kLongestContact = 512;

}  // namespace

std::string_view local_part(std::string_view email) noexcept { return email.substr(0, email.find('@')); }

std::string_view domain_of(std::string_view email) noexcept {
  const std::size_t at = email.find('@');
  return at == std::string_view::npos ? std::string_view() : email.substr(at + 1);
}

std::string normal_email(std::string_view raw) {
  std::string text = fold(raw, kLongestContact);
  std::string_view address = text;
  if (const std::size_t scheme = address.find("mailto:"); scheme != std::string_view::npos)
    address.remove_prefix(scheme + 7);
  const std::size_t at = address.find('@');
  if (at == std::string_view::npos || at == 0) return {};
  const auto ends_local = [](char c) {
    return c == ' ' || c == '<' || c == ',' || c == ';' || c == '"' || c == '(';
  };
  std::size_t start = at;
  while (start > 0 && !ends_local(address[start - 1])) --start;
  std::string_view local = address.substr(start, at - start);
  local = local.substr(0, local.find('+'));
  const std::string_view host = host_in(address.substr(at));
  if (local.empty() || host.empty()) return {};
  std::string email = std::string(local) + "@" + std::string(host);
  return dedup::is_nobodys_mailbox(email) ? std::string() : email;
}

bool is_role_mailbox(std::string_view email) noexcept {
  std::string_view local = local_part(email);
  while (!local.empty() && is_digit(local.back())) local.remove_suffix(1);  // "office2@"
  return among(kRoles, local);
}

bool is_public_domain(std::string_view domain) noexcept { return among(kPublicDomains, domain); }

std::string normal_domain(std::string_view raw) {
  const std::string text = fold(raw, kLongestContact);
  const std::string host(host_in(text));
  if (host.find('.') == std::string::npos) return {};
  if (std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; })) return {};
  const char* registrable = psl_registrable_domain(psl_builtin(), host.c_str());
  if (!registrable || is_public_domain(registrable)) return {};
  return registrable;
}

std::string normal_phone(std::string_view raw) {
  std::string text = fold(raw, kLongestContact);
  if (const std::size_t extension = text.find('x'); extension != std::string::npos && extension > 5)
    text.resize(extension);
  std::string digits = digits_of(text);
  constexpr std::size_t kTelling = 9;
  if (digits.size() > kTelling)
    digits.erase(0, digits.size() - kTelling);
  else
    digits.erase(0, digits.find_first_not_of('0'));
  if (digits.size() < 6 || is_made_up(digits)) return {};
  return digits;
}

}  // namespace psabridge::similar
