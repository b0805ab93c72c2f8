#include "tests/sandbox/catalog.h"

#include <algorithm>
#include <array>
#include <vector>

#include "tests/sandbox/mixing.h"

namespace sandbox {
namespace {

constexpr Status kStatuses[] = {
    {kStatusNew, "New", 0, "#3d85c6"},       {kStatusInProgress, "In Progress", 0, "#6aa84f"},
    {3, "Action Required", 0, "#cc0000"},    {4, "With User", 0, "#f1c232"},
    {5, "With Supplier", 0, "#8e7cc3"},      {8, "Resolved", 0, "#93c47d"},
    {kStatusClosed, "Closed", 0, "#999999"}, {21, "Awaiting Parts", 0, "#e69138"},
    {31, "Proposal Sent", 1, "#674ea7"},     {32, "Won", 1, "#38761d"}};
constexpr TicketType kTicketTypes[] = {{1, "Incident", 1},         {2, "Change Request", 2},
                                       {3, "Service Request", 3},  {4, "Problem", 4},
                                       {21, "Advice / Other", 21}, {22, "Project", 22},
                                       {23, "Project Task", 23},   {28, "Monitoring Alert", 1}};
constexpr AssetType kAssetTypes[] = {
    {1, "Server", "Infrastructure"},       {2, "Workstation", "Computers"},   {3, "Laptop", "Computers"},
    {4, "Printer", "Peripherals"},         {5, "Firewall", "Infrastructure"}, {6, "Switch", "Infrastructure"},
    {7, "Access Point", "Infrastructure"}, {8, "Mobile", "Computers"}};
constexpr AssetStatus kAssetStatuses[] = {{1, "Active"}, {2, "In Stock"}, {3, "In Repair"}, {4, "Retired"}};
constexpr Category kCategories[] = {{1, "Hardware>Desktop"},          {2, "Hardware>Server"},
                                    {3, "Hardware>Printer"},          {4, "Software>Microsoft 365"},
                                    {5, "Software>Line of Business"}, {6, "Network>Wi-Fi"},
                                    {7, "Network>Internet"},          {8, "Security"},
                                    {9, "User Admin>New Starter"},    {10, "User Admin>Leaver"}};
constexpr CustomField kCustomFields[] = {
    {150, "CFSeverity", "Severity", FieldType::single_select, "ticket"},
    {151, "CFReference", "Customer reference", FieldType::text, "ticket"},
    {152, "CFEffort", "Effort (hours)", FieldType::text, "ticket"},
    {153, "CFBillable", "Billable", FieldType::checkbox, "ticket"},
    {154, "CFAffected", "Affected services", FieldType::multi_select, "ticket"},
    {155, "CFRootCause", "Root cause", FieldType::memo, "ticket"},
    {156, "CFPromised", "Promised for", FieldType::date, "ticket"},
    {170, "CFSegment", "Segment", FieldType::single_select, "client"},
    {171, "CFContractNo", "Contract number", FieldType::text, "client"},
    {180, "CFJobTitle", "Job title", FieldType::text, "contact"},
    {190, "CFEncrypted", "Disk encrypted", FieldType::checkbox, "asset"},
    {191, "CFOwner", "Owner", FieldType::text, "asset"}};
constexpr std::string_view kSeverities[] = {"", "Critical", "High", "Medium", "Low"};

struct Outcome {
  std::int32_t id;
  std::string_view name;
  bool hidden_from_user;
};
constexpr Outcome kOutcomes[] = {{1, "First User Email", false}, {2, "Email User", false},
                                 {3, "Re-Assign", true},         {4, "Change Status", true},
                                 {5, "Close Ticket", false},     {7, "Private Note", true},
                                 {8, "Internal Note", true},     {16, "Public Note", false}};

struct Sla {
  std::int32_t id;
  std::string_view name;
};
constexpr Sla kSlas[] = {{1, "Standard"}, {2, "Premium"}};
constexpr std::string_view kPriorityNames[] = {"Critical", "High", "Medium", "Low", "Legacy (hidden)"};
constexpr std::size_t kPrioritiesPerSla = std::size(kPriorityNames);
constexpr std::uint64_t kGuidSeed = 0x5eed;

void write_guid(RowWriter& row, std::int64_t number) {
  row.nested("guid", [&](TextBuffer& out) {
    out.append('"');
    append_guid(out, kGuidSeed, number);
    out.append('"');
  });
}

std::string priority_guid(std::size_t i) { return guid_text(kGuidSeed, static_cast<std::int64_t>(1000 + i)); }

void write_status(RowWriter& row, std::size_t i) {
  const Status& status = kStatuses[i];
  row.identifier("id", status.id);
  write_guid(row, 100 + status.id);
  row.text("name", status.name);
  row.text("shortname", status.name);
  row.integer("type", status.type);
  row.integer("sequence", static_cast<std::int64_t>(i));
  row.text("colour", status.colour);
  row.integer("slaaction", status.id == 4 || status.id == 5 ? 1 : 0);
  row.integer("ticket_count", 0);
  row.boolean("showonquickchange", true);
  row.integer("statuschangeto", 0);
}

// One row for each SLA and priority, so that the number repeats; the GUID does not.
void write_priority(RowWriter& row, std::size_t i) {
  const std::size_t level = i % kPrioritiesPerSla;
  row.text("id", priority_guid(i));
  row.integer("slaid", kSlas[i / kPrioritiesPerSla].id);
  row.integer("priorityid", static_cast<std::int64_t>(level + 1));
  row.text("name", kPriorityNames[level]);
  row.text("colour", "#cc0000");
  row.boolean("ishidden", level + 1 == kPrioritiesPerSla);
  row.integer("fixtime", static_cast<std::int64_t>(4 << level));
  row.text("fixunits", "H");
  row.raw("responsetime", "0.5");
  row.text("responseunits", "H");
  row.boolean("fixendofday", false);
  row.boolean("responseendofday", false);
  row.boolean("startofday", false);
  row.boolean("setfixtostartdate", false);
  row.integer("workdaysoverride", -1);
}

void write_ticket_type(RowWriter& row, std::size_t i) {
  const TicketType& type = kTicketTypes[i];
  row.identifier("id", type.id);
  write_guid(row, 200 + type.id);
  row.text("name", type.name);
  row.text("use", "tickettype");
  row.integer("sequence", static_cast<std::int64_t>(i));
  row.identifier("group_id", type.itil == 22 || type.itil == 23 ? 2 : 1);
  row.integer("itilrequesttype", type.itil);
  row.identifier("default_sla", 1);
  row.integer("default_priority", 3);
  row.text("default_team", "Service Desk");
  row.identifier("default_agent", kUnassignedAgent);
  row.identifier("initial_status", kStatusNew);
  row.boolean("cancreate", true);
  row.boolean("agentscanselect", true);
  row.boolean("enduserscanselect", type.itil == 1 || type.itil == 3);
  row.boolean("anonymouscanselect", false);
  row.boolean("allowattachments", true);
  row.identifier("workflow_id", -1);
  row.boolean("visible", true);
}

void write_allowed_statuses(TextBuffer& out) {
  out.append('[');
  for (const AssetStatus& status : kAssetStatuses) {
    if (status.id != kAssetStatuses[0].id) out.append(',');
    out.append("{\"id\":");
    out.append_integer(status.id);
    out.append(",\"name\":");
    out.append_quoted(status.name);
    out.append('}');
  }
  out.append(']');
}

void write_asset_type(RowWriter& row, std::size_t i) {
  const AssetType& type = kAssetTypes[i];
  row.identifier("id", type.id);
  write_guid(row, 300 + type.id);
  row.text("name", type.name);
  row.identifier("assetgroup_id", type.group == "Computers" ? 1 : 2);
  row.text("assetgroup_name", type.group);
  row.identifier("keyfield_id", 1001);
  row.text("keyfield_name", "Hostname");
  row.identifier("keyfield2_id", 0);
  row.identifier("keyfield3_id", 0);
  row.text("icon", "computer");
  row.text("tagprefix", "");
  row.boolean("show_to_users", true);
  row.nested("allowed_status", write_allowed_statuses);
}

void write_category(RowWriter& row, std::size_t i) {
  const Category& category = kCategories[i];
  row.identifier("id", category.id);
  write_guid(row, 400 + category.id);
  row.text("value", category.path);
  row.text("category_name", category.path.substr(category.path.rfind('>') + 1));
  row.integer("type_id", 1);
  row.identifier("sla_id", 0);
  row.identifier("priority_id", 0);
  row.identifier("category_group_id", -1);
  row.text("note", "");
}

void write_outcome(RowWriter& row, std::size_t i) {
  const Outcome& outcome = kOutcomes[i];
  row.identifier("id", outcome.id);
  row.text("outcome", outcome.name);
  row.text("buttonname", outcome.name);
  row.text("labellong", outcome.name);
  row.boolean("hidden", false);
  row.text("icon", "note");
  row.integer("sequence", static_cast<std::int64_t>(i));
  row.boolean("defaulthidden", outcome.hidden_from_user);
}

void write_sla_priorities(TextBuffer& out, std::size_t sla) {
  const ValueQuirks none;
  out.append('[');
  for (std::size_t level = 0; level < kPrioritiesPerSla; ++level) {
    if (level > 0) out.append(',');
    RowWriter row(out, none);
    write_priority(row, sla * kPrioritiesPerSla + level);
    row.end();
  }
  out.append(']');
}

void write_sla(RowWriter& row, std::size_t i) {
  row.identifier("id", kSlas[i].id);
  row.text("name", kSlas[i].name);
  row.boolean("hoursaretechslocaltime", false);
  row.identifier("workday_id", 1);
  row.boolean("responsereset", false);
  row.boolean("trackslafixbytime", true);
  row.nested("priorities", [i](TextBuffer& out) { write_sla_priorities(out, i); });
}

void write_select_values(TextBuffer& out) {
  out.append('[');
  for (std::size_t value = 1; value < std::size(kSeverities); ++value) {
    if (value > 1) out.append(',');
    out.append("{\"id\":");
    out.append_integer(static_cast<std::int64_t>(value));
    out.append(",\"name\":");
    out.append_quoted(kSeverities[value]);
    out.append('}');
  }
  out.append(']');
}

void write_field_definition(RowWriter& row, std::size_t i) {
  const CustomField& field = kCustomFields[i];
  const bool is_select = field.type == FieldType::single_select || field.type == FieldType::multi_select;
  row.identifier("id", field.id);
  write_guid(row, 500 + field.id);
  row.text("name", field.name);
  row.text("label", field.label);
  row.integer("type", static_cast<std::int32_t>(field.type));
  row.integer("inputtype", 0);
  row.text("tablename", field.table);
  row.integer("usage", field.table == "ticket"    ? 1
                       : field.table == "client"  ? 2
                       : field.table == "contact" ? 4
                                                  : 5);
  row.integer("lookup", is_select ? 200 + field.id : 0);
  if (is_select) {
    row.nested("values", write_select_values);
  } else {
    row.raw("values", "[]");
  }
}

template <typename T, std::size_t N>
Lookup numbered(std::string_view path, const T (&table)[N], void (*write)(RowWriter&, std::size_t)) {
  return {path, N, [&table](std::size_t i) { return std::to_string(table[i].id); }, write};
}

}  // namespace

std::span<const Status> statuses() { return kStatuses; }
std::span<const TicketType> ticket_types() { return kTicketTypes; }
std::span<const AssetType> asset_types() { return kAssetTypes; }
std::span<const AssetStatus> asset_statuses() { return kAssetStatuses; }
std::span<const Category> categories() { return kCategories; }
std::span<const CustomField> custom_fields() { return kCustomFields; }

std::string_view status_name(std::int32_t id) {
  const auto* found = std::find_if(std::begin(kStatuses), std::end(kStatuses),
                                   [id](const Status& status) { return status.id == id; });
  return found == std::end(kStatuses) ? std::string_view() : found->name;
}

std::string_view severity_name(std::int32_t value) {
  return value > 0 && value < static_cast<std::int32_t>(std::size(kSeverities))
             ? kSeverities[static_cast<std::size_t>(value)]
             : std::string_view();
}

void append_guid(TextBuffer& out, std::uint64_t seed, std::int64_t number) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::uint64_t first = mix(seed, Stream::guid, number);
  std::uint64_t bits = first;
  char* p = out.room(36);
  for (int i = 0; i < 36; ++i) {
    if (i == 19) bits = scramble(first);  // 64 bits are 16 digits: the second half of the GUID
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    p[i] = dash ? '-' : i == 14 ? '4' : kHex[bits & 15];
    if (!dash) bits >>= 4;
  }
  out.commit(36);
}

std::string guid_text(std::uint64_t seed, std::int64_t number) {
  TextBuffer out;
  append_guid(out, seed, number);
  return std::string(out.view());
}

std::span<const Lookup> lookups() {
  static const std::vector<Lookup> all = {
      numbered("status", kStatuses, write_status),
      {"priority", std::size(kSlas) * kPrioritiesPerSla, priority_guid, write_priority},
      numbered("tickettype", kTicketTypes, write_ticket_type),
      numbered("assettype", kAssetTypes, write_asset_type),
      numbered("category", kCategories, write_category),
      numbered("fieldinfo", kCustomFields, write_field_definition),
      numbered("outcome", kOutcomes, write_outcome),
      numbered("sla", kSlas, write_sla)};
  return all;
}

}  // namespace sandbox
