#include "tests/sandbox/renderer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tests/sandbox/catalog.h"

namespace sandbox {
namespace {

// What Halo writes where there is no date; both forms occur.
constexpr Ticks kOleNullDate = -25569 * kDay;  // 1899-12-30
constexpr Ticks kSqlNullDate = -25567 * kDay;  // 1900-01-01

// Members that carry the same value in every row, see RowWriter::constants().
constexpr std::string_view kClientConstants =
    R"("colour":"#2bd3c6","use":"client","table":7,"logo":"","customer_relationship":[],)"
    R"("customer_relationship_list":"","notes":"","is_vip":false,"is_account":false,"stopped":0,)"
    R"("taxable":true,"default_currency_code":0,"open_ticket_count":-1,"opps_ticket_count":-1,"sla_id":0,)"
    R"("item_tax_code":0,"service_tax_code":0,"prepay_tax_code":0,"contract_tax_code":0,)"
    R"("percentage_to_survey":100,"billing_plan_text":"","mailbox_override":0,"messagegroup_id":-1,)"
    R"("calldate":"1900-01-01T00:00:00","xeroid":"","accountsid":"","azure_tenant_id":"","cautomateid":0,)"
    R"("snow_id":"","qbo_company_id":"","dbc_company_id":"")";
constexpr std::string_view kClientDetailConstants =
    R"("onhold_ticket_count":0,"total_ticket_count":0,"trading_name":"","tax_number":"",)"
    R"("external_links":[],"azure_tenants":[],"faqlists":[],"popup_notes":[],"prepayrecurringcharge":0.0)";
constexpr std::string_view kSiteConstants =
    R"("sla_id":0,"colour":"","timezone":null,"notes":"","use":"site","messagegroup_id":0,)"
    R"("isstocklocation":false,"invoice_address_isdelivery":true,"stockbin_id":0,"stockbin_name":"",)"
    R"("item_quantity_in_stock":0.0,"country_code_name":"GB","region_code_name":"","site_fields":[],)"
    R"("custombuttons":[],"itglue_id":"","client_itglue_id":"")";
constexpr std::string_view kContactConstants =
    R"("title":"","sitephonenumber":"","homenumber":null,"mobilenumber2":"","fax":null,"telpref":0,)"
    R"("isimportantcontact2":false,"isserviceaccount":false,"neversendemails":false,)"
    R"("neversendmarketingemails":false,"is_prospect":false,"activedirectory_dn":"","okta_id":"",)"
    R"("linked_agent_id":0,"role_list":"","other1":"","other2":"","other3":"","other4":"","other5":"",)"
    R"("notes":"","colour":"#2bd3c6","use":"user","priority_id":0,"client_account_manager_id":-1,)"
    R"("relationship_id":0,"covered_by_contract":false,"contract_value":0.0,"sitetimezone":"",)"
    R"("whatsapp_number":"","date_of_birth":"1899-12-30T00:00:00","attachments":[])";
constexpr std::string_view kContactDetailConstants =
    R"("email2":"","email3":"","department":"","web_access_level":1,"organisation_id":1,"departments":[],)"
    R"("addresses":[],"ismaincontact":false,"lastlogindate":"1900-01-01T00:00:00","assets":[],"roles":[],)"
    R"("external_links":[],"manager_email":null,"claims":[])";
constexpr std::string_view kAgentConstants =
    R"("is_agent":true,"colour":"#a9acff","jobtitle":"Engineer","extensionnumber":"","sms":"",)"
    R"("onlinestatus":0,"is_online":false,"agentphotopath":"","ticket_count":0,"departments":[],)"
    R"("clients":[],"role_list":"","linemanager":0,"linemanager_name":null,"licence_type":0,)"
    R"("chargerate":0,"costprice":0.0,"use":"agent")";
constexpr std::string_view kTeamConstants =
    R"("forrequests":true,"foropps":false,"forprojects":true,"ticket_count":0,"department_id":1,)"
    R"("department_name":"Support","inactive":false,"agents":[],"managers":[],"override_column_id":0,)"
    R"("use":"team")";
constexpr std::string_view kAssetConstants =
    R"("key_field2":"","key_field3":"","business_owner_id":0,"business_owner_name":null,)"
    R"("technical_owner_id":0,"technical_owner_name":null,"business_owner_cab_id":0,)"
    R"("technical_owner_cab_id":0,"colour":"#444444","icon":"computer","is_primary_asset":false,)"
    R"("criticality":0,"is_template":false,"child_id":0,"sibling_id":false,"contract_id":0,)"
    R"("contract_ref":null,"contract_value":0.0,"supplier_id":0,"supplier_name":null,)"
    R"("supplier_contract_id":0,"item_id":-1,"itemstock_id":0,"device_number":0,"sla_id":-1,)"
    R"("priority_id":0,"datto_id":null,"datto_alternate_id":0,"datto_url":"","ncentral_url":"",)"
    R"("nable_id":0,"ninja_url":"","automate_id":0,"syncroid":0,"atera_id":"","intune_id":"",)"
    R"("addigy_id":"","kaseya_id":"","connectwisermm_id":"","logicmonitor_id":0,"auvik_device_id":"",)"
    R"("lansweeperid":"")";
constexpr std::string_view kAssetDetailConstants =
    R"("notes":"","users":[],"software":[],"contracts":[],"scheduled_tickets":[],"child_assets":[],)"
    R"("parent_assets":[],"services":[],"external_links":[],"bookmarked":false,"access_control":[])";
constexpr std::string_view kTicketStateConstants =
    R"("use":"ticket","table":0,"reportedby":"","enduserstatus":0,"reviewed":false,"read":true,)"
    R"("workflow_id":-1,"workflow_step":0,"pipeline_stage_id":0)";
constexpr std::string_view kTicketClassConstants =
    R"("impactlevel":0,"risklevel":0,"product_id":0,"release_id":0,"release2_id":0,"release3_id":0,)"
    R"("matched_kb_id":0,"appointment_type":0,"supplier_status":0)";
constexpr std::string_view kTicketWorkConstants =
    R"("estimatedays":0.0,"slaholdtime":0.0,"excludefromsla":false,"child_count":0,"attachment_count":0,)"
    R"("cost":0.0,"quantity":0,"ticketage":0.0,"userdef1":"","userdef2":"","userdef3":"","userdef4":"",)"
    R"("userdef5":"","viewers":[],"_open_search_score":0.0,"supplier_id":0,"supplier_name":null,)"
    R"("contract_id":-1,"priority_name":null,"isbillable":false,"locked":false)";
constexpr std::string_view kTicketDetailConstants =
    R"("takenby":"","closure_note":"","slastate":"I","slaexcuse":0,"phonenumber":null,"attachments":[],)"
    R"("documents":[],"approvers":[],"todo_list":[],"contract_ref":"","matched_rule_id":0,)"
    R"("template_id":0,"createdfrom_id":0,"parent_summary":null,"appointment_count":0,)"
    R"("open_chat_count":0,"task_count":0,"follower_count":0,"timeentries":[],"_canupdate":true)";
constexpr std::string_view kNoteConstants =
    R"("who_imgpath":"","who_initials":"","who_colour":"#a9acff","who_onlinestatus":0,"on_behalf_of":0,)"
    R"("emailcc":"","email_message_id":"","important":false,"private_note":false,"timetakendays":0.0,)"
    R"("timetakenadjusted":0.0,"nonbilltime":0.0,"traveltime":0.0,"mileage":0.0,"chargerate":0,)"
    R"("actionchargehours":0.0,"actionchargeamount":0.0,"actisbillable":false,)"
    R"("actisreadyforprocessing":false,"attachment_count":0,"attachments":[],"reactions":[],)"
    R"("translations":[],"colour":"","unread":false,"replied_to_action_id":0,"project_id":0,)"
    R"("old_status":1,"new_status":2,"new_team":"","new_agent":0,"timetaken":0.25,"customfields":[])";

// Numbers of the GUID streams: entities do not share ids' GUIDs.
std::int64_t guid_number(Entity entity, std::int32_t id) {
  return (static_cast<std::int64_t>(entity) + 1) * 4'000'000'000 + id;
}

std::string_view category_of(const Row& ticket, std::uint64_t seed) {
  const auto all = categories();
  return all[static_cast<std::size_t>(pick(mix(seed, Stream::text, ticket.id), 50, std::ssize(all)))].path;
}

template <typename T>
std::string_view name_in(std::span<const T> table, std::int32_t id) {
  const auto found = std::find_if(table.begin(), table.end(), [id](const T& row) { return row.id == id; });
  return found == table.end() ? std::string_view() : found->name;
}

std::string phone(std::int32_t id) { return "+44 1473 " + std::to_string(100000 + id % 900000); }

// An e-mail address as Halo stores it: whatever was typed, ASCII or not.
ShortText email_of(const Dataset& data, const Row& contact) {
  const Names& names = data.names();
  ShortText address;
  if (contact.general_user) return address;
  address.append("user")
      .append_number(contact.id)
      .append("@")
      .append(names.client_domain(contact.client).view());
  return address;
}

void write_html(TextBuffer& out, std::string_view plain) {
  out.append_quoted(std::string("<p>").append(plain).append("</p>"));
}

}  // namespace

void Renderer::row(TextBuffer& out, Entity entity, const Row& row) const {
  RowWriter writer(out, shown_.quirks, data_.overlay(entity, row));
  writer.identifier("id", row.id);
  if (!shown_.ids_only) members(writer, entity, row);
  writer.end();
}

void Renderer::members(RowWriter& out, Entity entity, const Row& row) const {
  switch (entity) {
    case Entity::client:
      return client(out, row);
    case Entity::site:
      return site(out, row);
    case Entity::contact:
      return contact(out, row);
    case Entity::agent:
      return agent(out, row);
    case Entity::team:
      return team(out, row);
    case Entity::ticket:
      return ticket(out, row);
    case Entity::asset:
      return asset(out, row);
  }
}

void Renderer::headline(RowWriter& out, std::string_view key, Entity entity, const Row& row) const {
  out.headline(key, data_.name(entity, row.id).view(), row.id);
}

void Renderer::write_guid(RowWriter& out, std::string_view key, std::int64_t number) const {
  out.nested(key, [&](TextBuffer& buffer) {
    buffer.append('"');
    append_guid(buffer, data_.seed(), number);
    buffer.append('"');
  });
}

void Renderer::guid(RowWriter& out, Entity entity, const Row& row) const {
  write_guid(out, "guid", guid_number(entity, row.id));
}

void Renderer::name(RowWriter& out, std::string_view key, Entity entity, std::int32_t id) const {
  out.text(key, data_.name(entity, id).view());
}

// --- custom fields ---

// Together they show every JSON type that a value can have.
void Renderer::custom_value(TextBuffer& out, const CustomField& field, const Row& row) const {
  const std::uint64_t hash =
      mix(data_.seed() + static_cast<std::uint64_t>(field.id), Stream::custom_field, row.id);
  if (pick(hash, 40, 10) == 0 && field.id != 150) return out.append("null");
  switch (field.type) {
    case FieldType::single_select:
      return out.append_integer(1 + pick(hash, 8, 4));
    case FieldType::multi_select:
      return out.append(pick(hash, 8, 2) == 0 ? "[1,3]" : "[]");
    case FieldType::checkbox:
      return out.append(pick(hash, 8, 2) == 0 ? "true" : "false");
    case FieldType::memo:
      return out.append_quoted("Line one\r\nLine \"two\"");
    case FieldType::date:
      out.append('"');
      append_datetime(out, (row.created / kDay + 7) * kDay + 12 * kHour);
      return out.append('"');
    case FieldType::text:
      break;
  }
  if (field.name == "CFEffort") {
    out.append_integer(pick(hash, 8, 40));
    return out.append(".5");
  }
  out.append("\"REF-");
  out.append_integer(pick(hash, 8, 100000));
  out.append('"');
}

void Renderer::custom_fields(RowWriter& out, std::string_view table, Entity entity, const Row& row) const {
  const bool any = detailed() || shown_.all_custom_fields || !shown_.custom_fields.empty();
  if (!any) return;
  const bool all = detailed() || shown_.all_custom_fields;
  const Overlay* overlay = data_.overlay(entity, row);
  out.nested("customfields", [&](TextBuffer& buffer) {
    buffer.append('[');
    bool first = true;
    for (const CustomField& field : sandbox::custom_fields()) {
      if (field.table != table || (!all && !shown_.custom_fields.contains(field.id))) continue;
      if (!std::exchange(first, false)) buffer.append(',');
      RowWriter entry(buffer, shown_.quirks);
      entry.identifier("id", field.id);
      entry.text("name", field.name);
      entry.text("label", field.label);
      entry.text("summary", "");
      entry.integer("type", static_cast<std::int32_t>(field.type));
      std::string value;
      entry.nested("value", [&](TextBuffer& json) {
        const std::size_t begin = json.size();
        const bool injected = overlay != nullptr && overlay->custom_values.contains(field.id);
        if (injected) {
          json.append(overlay->custom_values.at(field.id));
        } else {
          custom_value(json, field, row);
        }
        value = json.view().substr(begin);
      });
      const bool is_number = value.size() == 1 && value[0] >= '0' && value[0] <= '9';
      entry.text("display",
                 field.id == 150 && is_number ? severity_name(value[0] - '0') : std::string_view());
      entry.raw("characterlimit", "0");
      entry.raw("searchable", "false");
      entry.raw("validation_data", "[]");
      entry.end();
    }
    buffer.append(']');
  });
}

// --- clients, sites, contacts ---

void Renderer::client(RowWriter& out, const Row& row) const {
  headline(out, "name", Entity::client, row);
  out.identifier("toplevel_id", 1 + row.id % 3);
  out.text("toplevel_name", row.id % 3 == 0 ? "Managed" : "Customers");
  out.boolean("inactive", row.inactive);
  out.nested("ref", [&](TextBuffer& buffer) {
    buffer.append("\"C");
    buffer.append_integer(10000 + row.id);
    buffer.append('"');
  });
  out.identifier("key", row.id);
  out.integer("customertype", 0);
  out.identifier("accountmanagertech", 0);
  out.identifier("pritech", 0);
  out.identifier("sectech", 0);
  out.identifier("accountownertech", 0);
  out.text("itglue_id", "");
  const bool has_site = data_.find(Entity::site, row.id) != nullptr;
  out.identifier("main_site_id", has_site ? row.id : -1);
  out.text("main_phonenumber", phone(row.id));
  out.constants(kClientConstants);
  custom_fields(out, "client", Entity::client, row);
  if (detailed()) client_details(out, row);
}

void Renderer::client_details(RowWriter& out, const Row& row) const {
  guid(out, Entity::client, row);
  name(out, "main_site_name", Entity::site, row.id);
  const auto domain = data_.names().client_domain(row.id);
  out.text("website", ShortText("https://www.").append(domain.view()).view());
  out.text("domain", domain.view());
  out.date("datecreated", row.created);
  out.date("alastupdate", row.last_update);
  out.constants(kClientDetailConstants);
}

void Renderer::site(RowWriter& out, const Row& row) const {
  headline(out, "name", Entity::site, row);
  out.decimal_identifier("client_id", row.client);
  const auto client_name = data_.name(Entity::client, row.client);
  out.text("client_name", client_name.view());
  out.text("clientsite_name",
           ShortText(client_name).append("/").append(data_.name(Entity::site, row.id).view()).view());
  out.boolean("inactive", row.inactive);
  out.text("phonenumber", phone(row.id));
  out.text("ref", "");
  out.identifier("maincontact_id", data_.find(Entity::contact, row.id) != nullptr ? row.id : 0);
  out.text("delivery_address_line1", data_.names().street(row.id));
  out.text("delivery_address_line2", "");
  out.text("delivery_address_line3", data_.names().city(row.id));
  out.text("delivery_address_line4", "");
  out.text("delivery_address_line5", "IP1 1AA");
  out.constants(kSiteConstants);
  custom_fields(out, "site", Entity::site, row);
  if (detailed()) site_details(out, row);
}

void Renderer::site_details(RowWriter& out, const Row& row) const {
  guid(out, Entity::site, row);
  out.nested("delivery_address", [&](TextBuffer& buffer) {
    RowWriter address(buffer, shown_.quirks);
    address.identifier("id", row.id);
    address.text("line1", data_.names().street(row.id));
    address.text("line3", data_.names().city(row.id));
    address.text("postcode", "IP1 1AA");
    address.decimal_identifier("site_id", row.id);
    address.end();
  });
  out.null("invoice_address");
  name(out, "maincontact_name", Entity::contact, row.id);
  out.text("emaildomain", data_.names().client_domain(row.client).view());
  out.date("datecreated", row.created);
  out.date("slastupdate", row.last_update);
  out.text("country_code", "GB");
  out.integer("stopped", 0);
  out.raw("external_links", "[]");
}

void Renderer::contact(RowWriter& out, const Row& row) const {
  const Names& names = data_.names();
  headline(out, "name", Entity::contact, row);
  out.text("firstname", row.general_user ? "General" : names.first_name(row.id));
  out.text("surname", row.general_user ? "User" : names.last_name(row.id));
  out.text("initials", row.general_user ? "GU" : "XX");
  out.decimal_identifier("site_id", row.site);
  out.identifier("site_id_int", row.site);
  const auto client_name = data_.name(Entity::client, row.client);
  const auto site_name = data_.name(Entity::site, row.site);
  out.text("site_name", site_name.view());
  out.identifier("client_id", row.client);
  out.text("client_name", client_name.view());
  out.text("user_with_clientsite", ShortText(data_.name(Entity::contact, row.id))
                                       .append(" (")
                                       .append(client_name.view())
                                       .append(")")
                                       .view());
  out.text("emailaddress", email_of(data_, row).view());
  out.text("phonenumber", phone(row.id));
  out.text("phonenumber_preferred", phone(row.id));
  out.text("mobilenumber", row.id % 3 == 0 ? "" : "+44 7700 900" + std::to_string(100 + row.id % 900));
  out.boolean("inactive", row.inactive);
  out.boolean("isimportantcontact", row.id % 25 == 0);
  out.text("login", row.general_user ? std::string_view() : email_of(data_, row).view());
  if (row.id % 2 == 0) {
    write_guid(out, "azureoid", guid_number(Entity::contact, -row.id));
  } else {
    out.text("azureoid", "");
  }
  out.text("azure_id", "");
  out.identifier("key", row.id);
  out.constants(kContactConstants);
  custom_fields(out, "contact", Entity::contact, row);
  if (detailed()) contact_details(out, row);
}

void Renderer::contact_details(RowWriter& out, const Row& row) const {
  guid(out, Entity::contact, row);
  out.date("datecreated", row.created);
  out.date("ulastupdate", row.last_update);
  out.constants(kContactDetailConstants);
}

// --- agents, teams, assets ---

void Renderer::agent(RowWriter& out, const Row& row) const {
  const auto agent_name = data_.name(Entity::agent, row.id);
  headline(out, "name", Entity::agent, row);
  const std::string_view whole = agent_name.view();
  const std::size_t space = std::min(whole.find(' '), whole.size());
  out.text("firstname", whole.substr(0, space));
  out.text("surname", space < whole.size() ? whole.substr(space + 1) : std::string_view());
  out.text("initials", whole.substr(0, 1));
  out.text("email", row.id == kUnassignedAgent
                        ? ShortText().view()
                        : ShortText("agent").append_number(row.id).append("@msp.example").view());
  name(out, "team", Entity::team, row.team);
  out.boolean("isdisabled", row.inactive);
  out.boolean("isapiagent", row.id == 2);
  out.date("lastonline", row.last_update);
  out.date("lastlogindate", row.id == kUnassignedAgent ? kSqlNullDate : row.last_update);
  out.text("namewithinactive", whole);
  out.date("last_modified", row.last_update);
  out.nested("teams", [&](TextBuffer& buffer) {
    buffer.append("[{\"team_id\":");
    buffer.append_integer(row.team);
    buffer.append(",\"team_name\":");
    buffer.append_quoted(data_.name(Entity::team, row.team).view());
    buffer.append("}]");
  });
  out.constants(kAgentConstants);
  if (!detailed()) return;
  guid(out, Entity::agent, row);
  out.date("datecreated", row.created);
  out.text("signature", "");
  out.integer("pagesize", 50);
  out.raw("roles", "[]");
}

void Renderer::team(RowWriter& out, const Row& row) const {
  headline(out, "name", Entity::team, row);
  guid(out, Entity::team, row);
  out.integer("sequence", row.id);
  name(out, "org_team_name", Entity::team, row.id);
  out.date("last_modified", row.last_update);
  out.constants(kTeamConstants);
  if (!detailed()) return;
  out.text("emailaddress", ShortText("team").append_number(row.id).append("@msp.example").view());
  out.text("timezone", "");
  out.identifier("organisation_id", 1);
}

void Renderer::asset(RowWriter& out, const Row& row) const {
  headline(out, "inventory_number", Entity::asset, row);
  out.text("key_field", data_.name(Entity::asset, row.id).view());
  out.identifier("client_id", row.client);
  name(out, "client_name", Entity::client, row.client);
  out.identifier("site_id", row.site);
  name(out, "site_name", Entity::site, row.site);
  name(out, "username", Entity::contact, row.contact);
  out.identifier("user_id", row.contact);
  out.identifier("assettype_id", row.type);
  out.text("assettype_name", name_in(asset_types(), row.type));
  out.identifier("status_id", row.status);
  out.text("status_name", name_in(asset_statuses(), row.status));
  out.boolean("inactive", row.inactive);
  out.identifier("parent_id", row.parent);
  out.date("warranty_start", row.created);
  out.date("warranty_end", row.id % 4 == 0 ? kSqlNullDate : row.created + 3 * 365 * kDay);
  out.date("commissiondate", row.id % 5 == 0 ? kOleNullDate : row.created);
  out.integer("ninjarmm_id", row.id % 2 == 0 ? 7000 + row.id : 0);
  out.constants(kAssetConstants);
  if (detailed() || shown_.asset_fields) asset_details(out, row);
}

void Renderer::asset_details(RowWriter& out, const Row& row) const {
  out.nested("fields", [&](TextBuffer& buffer) {
    const ShortText host = data_.name(Entity::asset, row.id);
    buffer.append("[{\"id\":1001.0,\"name\":\"Hostname\",\"value\":");
    buffer.append_quoted(host.view());
    buffer.append("},{\"id\":\"1002\",\"name\":\"Serial Number\",\"value\":\"SN");
    buffer.append_integer(5'000'000 + row.id);
    buffer.append("\"},{\"id\":1003,\"name\":\"Memory GB\",\"value\":");
    buffer.append_integer(4 << (row.id % 5));
    buffer.append("}]");
  });
  custom_fields(out, "asset", Entity::asset, row);
  if (!detailed()) return;
  guid(out, Entity::asset, row);
  const auto& type = *std::find_if(asset_types().begin(), asset_types().end(), [&](const AssetType& t) {
    return t.id == row.type || t.id == asset_types().back().id;
  });
  out.text("assetgroup_name", type.group);
  out.date("datecreated", row.created);
  out.date("dlastupdate", row.last_update);
  out.date("last_modified", row.last_update);
  out.constants(kAssetDetailConstants);
}

// --- tickets ---

void Renderer::ticket(RowWriter& out, const Row& row) const {
  guid(out, Entity::ticket, row);
  headline(out, "summary", Entity::ticket, row);
  out.text("details", data_.names().ticket_details(row.id));
  ticket_state(out, row);
  ticket_people(out, row);
  ticket_class(out, row);
  ticket_dates(out, row);
  ticket_work(out, row);
  custom_fields(out, "ticket", Entity::ticket, row);
  if (detailed()) ticket_details(out, row);
}

void Renderer::ticket_state(RowWriter& out, const Row& row) const {
  out.identifier("status_id", row.status);
  out.identifier("tickettype_id", row.type);
  out.integer("itil_requesttype_id", row.type == 28 ? 1 : row.type);
  out.integer("source", row.id % 3);
  out.boolean("onhold", row.status == 4 || row.status == 5);
  out.boolean("inactive", row.deleted);
  out.boolean("flagged", row.id % 40 == 0);
  out.identifier("merged_into_id", row.merged_into);
  if (row.parent != 0) out.identifier("parent_id", row.parent);
  // Open tickets say it with null or not at all.
  if (row.closed()) {
    out.boolean("hasbeenclosed", true);
    out.date("dateclosed", row.closed_at);
  } else if (row.id % 2 == 0) {
    out.null("hasbeenclosed");
    out.date("dateclosed", row.id % 4 == 0 ? kOleNullDate : kSqlNullDate);
  }
  out.constants(kTicketStateConstants);
}

void Renderer::ticket_people(RowWriter& out, const Row& row) const {
  out.identifier("client_id", row.client);
  name(out, "client_name", Entity::client, row.client);
  out.identifier("site_id", row.site);
  name(out, "site_name", Entity::site, row.site);
  out.identifier("user_id", row.contact);
  name(out, "user_name", Entity::contact, row.contact);
  const Row* contact = data_.find(Entity::contact, row.contact);
  if (contact != nullptr) out.text("user_email", email_of(data_, *contact).view());
  out.identifier("agent_id", row.agent);
  name(out, "team", Entity::team, row.team);
  out.identifier("team_id", row.team);
  out.integer("organisation_id", 1);
  out.integer("department_id", 1);
  out.boolean("is_vip", row.contact % 50 == 0);
  out.boolean("isimportantcontact", row.contact % 25 == 0);
}

void Renderer::ticket_class(RowWriter& out, const Row& row) const {
  const bool posted = shown_.form == Form::posted;
  out.identifier("priority_id", row.priority);
  out.identifier("sla_id", 1 + row.client % 2);
  out.integer("impact", 1 + row.id % 3);
  out.integer("urgency", 1 + row.id % 3);
  out.text(posted ? "category1" : "category_1", category_of(row, data_.seed()));
  out.text(posted ? "category2" : "category_2", "");
  out.text(posted ? "category3" : "category_3", "");
  out.text(posted ? "category4" : "category_4", "");
  out.text("ticket_tags", row.id % 10 == 0 ? "vip,month-end" : "");
  out.constants(kTicketClassConstants);
}

void Renderer::ticket_dates(RowWriter& out, const Row& row) const {
  const bool posted = shown_.form == Form::posted;
  out.date("dateoccurred", row.created);
  out.null("datecreated");
  out.date(posted ? "lastupdate" : "last_update", row.last_update);
  out.date("lastactiondate", row.notes == 0 ? kSqlNullDate : data_.note_time(row, row.notes));
  out.date("lastincomingemail", row.id % 2 == 0 ? kOleNullDate : row.created);
  out.date("lastnote_date", row.created);
  out.date("respondbydate", row.created + 4 * kHour);
  out.date("fixbydate", row.created + 2 * kDay);
  out.date("deadlinedate", kSqlNullDate);
  out.null("startdate");
  out.null("targetdate");
  out.text("starttime", "09:00");
  out.text("targettime", "17:30");
  out.date("responsedate", row.status == kStatusNew ? kSqlNullDate : row.created + kHour);
}

void Renderer::ticket_work(RowWriter& out, const Row& row) const {
  out.raw("estimate", row.id % 3 == 0 ? "1.5" : "0.0");
  out.raw("timetaken", row.closed() ? "0.75" : "0.0");
  out.raw("slatimeleft", row.id % 2 == 0 ? "-3.25" : "12.0");
  out.text("slaresponsestate", row.id % 2 == 0 ? "O" : "I");
  out.constants(kTicketWorkConstants);
}

void Renderer::ticket_details(RowWriter& out, const Row& row) const {
  out.nested("details_html",
             [&](TextBuffer& buffer) { write_html(buffer, data_.names().ticket_details(row.id)); });
  name(out, "agent_name", Entity::agent, row.agent);
  out.text("status_name", name_in(statuses(), row.status));
  out.text("tickettype_name", name_in(ticket_types(), row.type));
  out.boolean("deleted", row.deleted);
  out.nested("priority", [&](TextBuffer& buffer) {
    constexpr std::string_view kNames[] = {"\"Critical\"", "\"High\"", "\"Medium\"", "\"Low\""};
    buffer.append("{\"priorityid\":");
    buffer.append_integer(row.priority);
    buffer.append(",\"name\":");
    buffer.append(row.priority >= 1 && row.priority <= 4 ? kNames[row.priority - 1] : "null");
    buffer.append('}');
  });
  out.nested("assets", [&](TextBuffer& buffer) {
    const Row* about = data_.find(Entity::asset, data_.asset_of(row));
    buffer.append('[');
    if (about != nullptr) Renderer(data_, Shown{}).row(buffer, Entity::asset, *about);
    buffer.append(']');
  });
  out.constants(kTicketDetailConstants);
}

// --- notes ---

void Renderer::note(TextBuffer& buffer, const Row& ticket, std::int32_t note_id) const {
  RowWriter out(buffer, shown_.quirks, data_.note_overlay(ticket.id, note_id));
  const Ticks time = data_.note_time(ticket, note_id);
  const std::string_view text = data_.names().note(ticket.id, note_id);
  out.identifier("id", note_id);
  out.identifier("ticket_id", ticket.id);
  out.nested("guid", [&](TextBuffer& json) {
    json.append('"');
    append_guid(json, data_.seed() + static_cast<std::uint64_t>(ticket.id), note_id);
    json.append('"');
  });
  note_author(out, ticket, note_id);
  out.date("datetime", time);
  out.date("actiondatecreated", time);
  out.date("last_updated", time);
  out.date("actionarrivaldate", kSqlNullDate);
  out.text("note", text);
  if (shown_.html_notes || detailed())
    out.nested("note_html", [&](TextBuffer& json) { write_html(json, text); });
  out.constants(kNoteConstants);
  out.end();
}

// Every third note comes from the customer by e-mail; every fifth of the others is the system's own.
void Renderer::note_author(RowWriter& out, const Row& ticket, std::int32_t note_id) const {
  const bool from_customer = note_id % 3 == 0;
  const bool system = !from_customer && note_id % 5 == 0;
  out.text("outcome", from_customer ? "Email User" : system ? "Change Status" : "Private Note");
  out.identifier("outcome_id", from_customer ? 2 : system ? 4 : 7);
  out.integer("action_systemid", system ? 4 : 0);
  const std::int32_t agent = data_.note_agent(ticket, note_id);
  const auto who =
      from_customer ? data_.name(Entity::contact, ticket.contact) : data_.name(Entity::agent, agent);
  out.text("who", who.view());
  out.integer("who_type", from_customer ? 0 : 1);
  out.identifier("who_agentid", from_customer ? 0 : agent);
  out.identifier("actionby_agent_id", from_customer ? 0 : agent);
  out.identifier("actionby_user_id", from_customer ? ticket.contact : 0);
  out.text("actionby_application_id", "");
  out.text("emaildirection", from_customer ? "I" : "");
  out.text("emailfrom", "");
  out.text("emailto", "");
  out.boolean("hiddenfromuser", !from_customer);
}

}  // namespace sandbox
