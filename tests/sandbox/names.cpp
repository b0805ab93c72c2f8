#include "tests/sandbox/names.h"

#include <charconv>

#include "tests/sandbox/mixing.h"

namespace sandbox {
namespace {

using Words = std::string_view;

constexpr Words kBrands[] = {
    "Acme",       "Northwind", "Contoso",  "Fabrikam", "Harbour",    "Beacon",     "Summit",    "Redwood",
    "Kestrel",    "Orchard",   "Granite",  "Meridian", "Lakeside",   "Pinnacle",   "Silverton", "Bluebell",
    "Ironbridge", "Falcon",    "Willow",   "Cobalt",   "Highgate",   "Stonefield", "Riverside", "Cedar",
    "Atlas",      "Juniper",   "Whitmore", "Ashford",  "Brightwell", "Castle",     "Drummond",  "Evergreen",
    "Foxglove",   "Greenway",  "Hawthorn", "Invicta",  "Jubilee",    "Kingsley",   "Larkspur",  "Müller"};
constexpr Words kTrades[] = {"Dental",      "Legal",    "Logistics",  "Accounting", "Architects",
                             "Engineering", "Foods",    "Healthcare", "Insurance",  "Interiors",
                             "Marine",      "Motors",   "Printing",   "Properties", "Recruitment",
                             "Surveyors",   "Textiles", "Veterinary", "Estates",    "Financial",
                             "Packaging",   "Plumbing", "Pharmacy",   "Media"};
constexpr Words kForms[] = {"Ltd", "LLC", "Inc", "Group", "& Sons", "Partners"};
constexpr Words kPlaces[] = {"Head Office", "Warehouse",  "North Branch",        "South Branch",
                             "Workshop",    "Clinic",     "Distribution Centre", "Showroom",
                             "Annex",       "Data Centre"};
constexpr Words kFirstNames[] = {"Alice", "Ben",    "Carla", "David",  "Emma",   "Farid",  "Grace", "Hannah",
                                 "Ivan",  "José",   "Kira",  "Liam",   "Maria",  "Nadia",  "Oscar", "Priya",
                                 "Quinn", "Rachel", "Samir", "Tom",    "Uma",    "Victor", "Wendy", "Xavier",
                                 "Yusuf", "Zoë",    "Aidan", "Bianca", "Callum", "Deepa"};
constexpr Words kLastNames[] = {"Adams",  "Baker",      "Chowdhury", "Davies",  "Evans",    "Fischer",
                                "García", "Hughes",     "Ibrahim",   "Jones",   "Kowalski", "Lewis",
                                "Murphy", "Nguyen",     "O'Brien",   "Patel",   "Quigley",  "Roberts",
                                "Smith",  "Taylor",     "Usman",     "Vasquez", "Walker",   "Xu",
                                "Young",  "Zimmermann", "Ahmed",     "Brown",   "Clarke",   "Dubois"};
constexpr Words kTeams[] = {
    "Service Desk", "Network Operations", "Field Engineering", "Security",  "Projects",      "Cloud",
    "Procurement",  "Onboarding",         "Business Apps",     "Telephony", "Backup and DR", "VIP Support"};
constexpr Words kAssetPrefixes[] = {"SRV", "WS", "LT", "PRN", "FW", "SW", "AP", "MOB"};
constexpr Words kProblems[] = {"Cannot sign in to",     "Slow performance of",
                               "Error message in",      "Access request for",
                               "Password reset for",    "Outage of",
                               "Licence expired for",   "Install",
                               "Update needed for",     "Data missing from",
                               "Disk space warning on", "Backup failed on",
                               "New starter needs",     "Leaver: remove access to",
                               "Suspicious e-mail in",  "Certificate expiring on"};
constexpr Words kThings[] = {"Outlook",
                             "Microsoft Teams",
                             "the VPN",
                             "SharePoint",
                             "the accounts package",
                             "the file server",
                             "Windows 11",
                             "the main printer",
                             "the phone system",
                             "Azure AD",
                             "the firewall",
                             "the booking system",
                             "OneDrive",
                             "the warehouse scanners",
                             "the CRM",
                             "the Wi-Fi in the meeting room",
                             "the terminal server",
                             "Exchange Online"};
constexpr Words kDetails[] = {
    "The user reports that this started yesterday afternoon after a restart.\r\nOther colleagues at the same "
    "site are not affected. "
    "They have tried to restart the computer and to sign out and in again. Please call back before 5pm on "
    "the direct line.",
    "Automated alert from monitoring.\nThreshold exceeded for 15 minutes. Current value 93 %, limit 85 %. "
    "The same alert was raised "
    "twice in the last 30 days; see the linked tickets for what was done then.",
    "Hi team,\r\n\r\nCould you please look into this as soon as you can? We have \"month end\" on Friday and "
    "need it to work by then. "
    "Screenshots are attached. The path is C:\\Users\\Public\\Documents\\Reports.\r\n\r\nMany thanks",
    "Raised through the portal. Business impact: one department cannot work. Urgency as chosen by the user: "
    "high. A change in the last "
    "week is suspected. Contact is on site until Thursday; remote access is approved.",
    "Following up on our call: the supplier confirmed that the fix is in the next release – until then the "
    "workaround (see knowledge "
    "base) must be applied on each machine. List of machines to follow. Customer agreed to the costs."};
constexpr Words kNotes[] = {
    "Called the user, no answer. Left a voicemail and will try again after lunch.",
    "Connected remotely, cleared the cached credentials and restarted the service. User confirms that it "
    "works again.",
    "Escalated to the second line with logs attached. Waiting for their findings.",
    "Supplier replied: \"fixed in build 4.2.1\". Update is planned for tonight, outside business hours.",
    "Reply from customer: still happening on two machines, see screenshot.",
    "Checked the event log:\r\n\tEvent 1014, name resolution timed out.\r\nChanged the DNS forwarders."};
constexpr Words kStreets[] = {"1 High Street",  "22 Station Road",        "Unit 7, Trading Estate",
                              "14 Church Lane", "3rd Floor, Tower House", "98 Mill Road",
                              "Dock 4",         "5 Market Square"};
constexpr Words kCities[] = {"Ipswich", "Norwich", "Cambridge", "Leeds",
                             "Bristol", "Cardiff", "Glasgow",   "Exeter"};

template <std::size_t N>
std::string_view choose(const Words (&words)[N], std::int64_t number) {
  return words[static_cast<std::size_t>(number) % N];
}

template <std::size_t N>
std::string_view choose_at(const Words (&words)[N], std::uint64_t hash, unsigned shift) {
  return words[(hash >> shift) % N];
}

constexpr std::int64_t kClientNames =
    std::int64_t{std::size(kBrands)} * std::size(kTrades) * std::size(kForms);

ShortText person(std::string_view first, std::string_view last) {
  return ShortText(first).append(" ").append(last);
}

}  // namespace

ShortText& ShortText::append_number(std::int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return append({digits, static_cast<std::size_t>(end - digits)});
}

// Brand, trade and form walk through all their combinations before a name gets a number.
ShortText Names::client(std::int32_t id) const {
  if (id <= 1) return ShortText("Unassigned");
  const std::int64_t n = (std::int64_t{id} * 1009 + static_cast<std::int64_t>(seed_ % 997)) % kClientNames;
  const std::int64_t brands = std::size(kBrands);
  const std::int64_t trades = std::size(kTrades);
  ShortText name(choose(kBrands, n % brands));
  name.append(" ").append(choose(kTrades, n / brands % trades));
  name.append(" ").append(choose(kForms, n / brands / trades));
  if (id >= kClientNames) name.append(" ").append_number(id / kClientNames + 1);
  return name;
}

ShortText Names::client_domain(std::int32_t id) const {
  return ShortText("client").append_number(id).append(".example");
}

ShortText Names::site(std::int32_t id) const {
  if (id <= 1) return ShortText("Unassigned");
  return ShortText(choose_at(kPlaces, mix(seed_, Stream::site, id), 8)).append(" ").append_number(id);
}

std::string_view Names::first_name(std::int32_t contact_id) const {
  return choose_at(kFirstNames, mix(seed_, Stream::contact, contact_id), 8);
}

std::string_view Names::last_name(std::int32_t contact_id) const {
  return choose_at(kLastNames, mix(seed_, Stream::contact, contact_id), 24);
}

ShortText Names::contact(std::int32_t id) const { return person(first_name(id), last_name(id)); }

ShortText Names::agent(std::int32_t id) const {
  if (id <= 1) return ShortText("Unassigned");
  const std::uint64_t hash = mix(seed_, Stream::agent, id);
  return person(choose_at(kFirstNames, hash, 8), choose_at(kLastNames, hash, 24));
}

ShortText Names::team(std::int32_t id) const {
  const auto count = static_cast<std::int32_t>(std::size(kTeams));
  ShortText name(choose(kTeams, id - 1));
  if (id > count) name.append(" ").append_number((id - 1) / count + 1);
  return name;
}

ShortText Names::asset(std::int32_t id, std::int32_t type) const {
  return ShortText(choose(kAssetPrefixes, type - 1)).append("-").append_number(100000 + id);
}

ShortText Names::ticket_summary(std::int32_t id) const {
  const std::uint64_t hash = mix(seed_, Stream::text, id);
  return ShortText(choose_at(kProblems, hash, 8)).append(" ").append(choose_at(kThings, hash, 24));
}

std::string_view Names::ticket_details(std::int32_t id) const {
  return choose_at(kDetails, mix(seed_, Stream::text, id), 40);
}

std::string_view Names::note(std::int32_t ticket_id, std::int32_t note_id) const {
  return choose_at(kNotes, mix(seed_, Stream::note, (std::int64_t{ticket_id} << 16) + note_id), 8);
}

std::string_view Names::street(std::int32_t site_id) const {
  return choose_at(kStreets, mix(seed_, Stream::site, site_id), 24);
}

std::string_view Names::city(std::int32_t site_id) const {
  return choose_at(kCities, mix(seed_, Stream::site, site_id), 32);
}

}  // namespace sandbox
