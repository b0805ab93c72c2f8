#include "tests/unit/halo/scripted_tenant.h"

#include <algorithm>
#include <psabridge/plugin.hpp>
#include <stdexcept>

#include "connector.h"

namespace halo_test {

namespace sdk = psabridge::sdk;

namespace {

constexpr psabridge_role kRole = psabridge::sdk::connector<psabridge::halo::HaloConnector>("halo", "", "{}");
constexpr std::string_view kSecret = "s3cr3t-value";

const psabridge_connector& verbs() { return *static_cast<const psabridge_connector*>(kRole.verbs); }

std::string copy(psabridge_str text) { return text.data ? std::string(text.data, text.size) : std::string(); }
psabridge_str borrow(std::string_view text) { return {text.data(), text.size()}; }

PushedSlice copy(const psabridge_slice& slice) {
  return {copy(slice.source_id), copy(slice.version), copy(slice.text),
          (slice.flags & PSABRIDGE_SLICE_ID_ONLY) != 0, (slice.flags & PSABRIDGE_SLICE_DELETED) != 0};
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<std::string> find_parameter(const std::string& url, std::string_view name) {
  std::string_view query(url);
  query.remove_prefix(std::min(query.size(), query.find('?')));
  while (!query.empty()) {
    query.remove_prefix(1);
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(pair.size());
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name) return decoded(pair.substr(std::min(pair.size(), equals + 1)));
  }
  return std::nullopt;
}

std::vector<psabridge_str> borrow_all(const std::vector<std::string>& texts) {
  std::vector<psabridge_str> borrowed;
  for (const std::string& text : texts) borrowed.push_back(borrow(text));
  return borrowed;
}

}  // namespace

std::string Request::path() const {
  const std::size_t start = url.find('/', url.find("://") + 3);
  return url.substr(start, url.find('?') - start);
}
std::string Request::parameter(std::string_view name) const { return find_parameter(url, name).value_or(""); }
bool Request::has(std::string_view name) const { return find_parameter(url, name).has_value(); }

Tenant::Tenant(Answer answer, std::string settings)
    : grant([](const TokenRequest& request) { return request.refused.empty() ? "token-1" : "token-2"; }),
      answer_(std::move(answer)) {
  host_ = {
      sizeof host_,
      this,
      &http,
      [](void* host) -> std::int64_t { return static_cast<Tenant*>(host)->now_ms; },
      [](void*, psabridge_str, const psabridge_text_sink* sink, const psabridge_call*) -> psabridge_code {
        sink->text(sink->host, borrow(kSecret));
        return PSABRIDGE_OK;
      },
      [](void* host, psabridge_str key, const psabridge_text_sink* sink,
         const psabridge_call*) -> psabridge_code {
        auto& tenant = *static_cast<Tenant*>(host);
        const std::scoped_lock lock(tenant.mutex_);
        sink->text(sink->host, borrow(tenant.state[copy(key)]));
        return PSABRIDGE_OK;
      },
      [](void* host, psabridge_str key, psabridge_str value, const psabridge_call*) -> psabridge_code {
        auto& tenant = *static_cast<Tenant*>(host);
        const std::scoped_lock lock(tenant.mutex_);
        tenant.state[copy(key)] = copy(value);
        return PSABRIDGE_OK;
      },
      [](void* host, psabridge_level, psabridge_str text) {
        auto& tenant = *static_cast<Tenant*>(host);
        const std::scoped_lock lock(tenant.mutex_);
        tenant.log_.push_back(copy(text));
      },
      &token};
  const psabridge_call created = call();
  if (kRole.create(&host_, borrow(settings), &connector_, &created) != PSABRIDGE_OK)
    throw std::runtime_error(refusal_.message);
}

Tenant::~Tenant() {
  if (connector_) kRole.destroy(connector_);
}

psabridge_call Tenant::call() {
  refusal_ = {};
  return {
      sizeof(psabridge_call), this,
      [](void*, const psabridge_status* status) {
        refusal_ = {status->code, copy(status->error_code), copy(status->message), status->retry_after_ms};
      },
      [](void* host) -> std::int32_t { return static_cast<Tenant*>(host)->stopped ? 1 : 0; }};
}

Reply Tenant::reply_to(const Request& request) {
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
  }
  return answer_(request);
}

psabridge_code Tenant::token(void* host, psabridge_str sign_in, psabridge_str refused,
                             const psabridge_text_sink* sink, const psabridge_call* call) {
  auto& tenant = *static_cast<Tenant*>(host);
  const TokenRequest request{copy(sign_in), copy(refused)};
  {
    const std::scoped_lock lock(tenant.mutex_);
    tenant.token_requests_.push_back(request);
  }
  try {
    sink->text(sink->host, borrow(tenant.grant(request)));
    return PSABRIDGE_OK;
  } catch (const psabridge::sdk::Failure& failure) {
    const auto code = static_cast<psabridge_code>(failure.outcome());
    const psabridge_status status{code, 0, borrow(failure.error_code()), borrow(failure.what())};
    call->fail(call->host, &status);
    return code;
  }
}

psabridge_code Tenant::http(void* host, const psabridge_http_request* plain, const psabridge_http_sink* sink,
                            const psabridge_call*) {
  Request request{copy(plain->method), copy(plain->url), copy(plain->body), {}, plain->retryable != 0};
  for (std::size_t i = 0; i < plain->header_count; ++i)
    request.headers[copy(plain->headers[i].name)] = copy(plain->headers[i].value);
  const Reply reply = static_cast<Tenant*>(host)->reply_to(request);
  std::vector<psabridge_header> headers;
  for (const auto& [name, value] : reply.headers) headers.push_back({borrow(name), borrow(value)});
  const psabridge_http_response response{sizeof response, reply.status, headers.data(), headers.size(),
                                         borrow(reply.body)};
  sink->response(sink->host, &response);
  return PSABRIDGE_OK;
}

PulledPage Tenant::pull(const PullOrder& order, const std::string& cursor) {
  const std::vector<psabridge_str> parents = borrow_all(order.parents);
  const psabridge_pull plain{
      sizeof plain,    borrow(order.entity),  order.ids_only ? PSABRIDGE_PULL_IDS : PSABRIDGE_PULL_CHANGES,
      order.page_size, borrow(order.filters), parents.data(),
      parents.size(),  borrow(cursor)};
  PulledPage page;
  const psabridge_pull_sink sink{sizeof sink, &page,
                                 [](void* self, const psabridge_slice* slice) {
                                   static_cast<PulledPage*>(self)->slices.push_back(copy(*slice));
                                 },
                                 [](void* self, const psabridge_page* end) {
                                   auto& kept = *static_cast<PulledPage*>(self);
                                   kept.next = copy(end->next);
                                   kept.more = end->more != 0;
                                   kept.expected = end->expected;
                                   kept.requests = end->requests;
                                 }};
  const psabridge_call pulling = call();
  return verbs().pull(connector_, &plain, &sink, &pulling) == PSABRIDGE_OK ? page : PulledPage{};
}

std::vector<PushedSlice> Tenant::read(const PullOrder& order, std::string& cursor) {
  std::vector<PushedSlice> all;
  for (bool more = true; more;) {
    PulledPage page = pull(order, cursor);
    if (refusal_.code != PSABRIDGE_OK) return all;
    all.insert(all.end(), page.slices.begin(), page.slices.end());
    if (page.more && page.next == cursor) throw std::logic_error("a page does not go on");
    cursor = page.next;
    more = page.more;
  }
  return all;
}

Tenant::Fetch Tenant::get(const std::string& entity, const std::vector<std::string>& ids) {
  Fetch fetched;
  const psabridge_get_sink sink{sizeof sink, &fetched,
                                [](void* self, const psabridge_slice* slice) {
                                  static_cast<Fetch*>(self)->slices.push_back(copy(*slice));
                                },
                                [](void* self, psabridge_str id, psabridge_absence absence) {
                                  static_cast<Fetch*>(self)->absent[copy(id)] = absence;
                                }};
  const std::vector<psabridge_str> plain = borrow_all(ids);
  const psabridge_call getting = call();
  verbs().get(connector_, borrow(entity), plain.data(), plain.size(), &sink, &getting);
  return fetched;
}

template <class Verb, class... Arguments>
std::string Tenant::text_of(Verb verb, Arguments... arguments) {
  std::string text;
  const psabridge_text_sink sink{sizeof sink, &text, [](void* self, psabridge_str part) {
                                   *static_cast<std::string*>(self) = copy(part);
                                 }};
  const psabridge_call asking = call();
  verb(connector_, arguments..., &sink, &asking);
  return text;
}

std::string Tenant::describe() { return text_of(verbs().describe); }
std::string Tenant::sign_in() { return text_of(verbs().sign_in); }

std::vector<Finding> Tenant::check(const std::vector<std::string>& entities) {
  std::vector<Finding> findings;
  const psabridge_check_sink sink{sizeof sink, &findings, [](void* self, const psabridge_finding* found) {
                                    static_cast<std::vector<Finding>*>(self)->push_back(
                                        {found->health, copy(found->check), copy(found->subject),
                                         copy(found->error_code), copy(found->fact), copy(found->fix)});
                                  }};
  const std::vector<psabridge_str> plain = borrow_all(entities);
  const psabridge_call checking = call();
  verbs().check(connector_, plain.data(), plain.size(), &sink, &checking);
  return findings;
}

std::vector<PushedEvent> Tenant::decode(const std::string& body) {
  std::vector<PushedEvent> events;
  const psabridge_event_sink sink{sizeof sink, &events, [](void* self, const psabridge_event* event) {
                                    const bool whole = (event->flags & PSABRIDGE_EVENT_WHOLE) != 0;
                                    static_cast<std::vector<PushedEvent>*>(self)->push_back(
                                        {copy(event->key), copy(event->kind), copy(event->entity),
                                         copy(event->source_id), copy(event->occurred_at), copy(event->actor),
                                         copy(event->body), (event->flags & PSABRIDGE_EVENT_DELETED) != 0,
                                         whole ? std::optional(copy(event->record)) : std::nullopt});
                                  }};
  const psabridge_delivery delivery{sizeof delivery, borrow(body)};
  const psabridge_call decoding = call();
  const bool understood = verbs().decode(connector_, &delivery, &sink, &decoding) == PSABRIDGE_OK;
  return understood ? events : std::vector<PushedEvent>();
}

std::vector<sdk::Webhook> Tenant::webhooks() {
  const std::string text = text_of(verbs().webhooks);
  return sdk::detail::webhooks_in(text.empty() ? sdk::Json() : sdk::Json::parse(text));
}

sdk::Webhook Tenant::put_webhook(const sdk::WantedWebhook& wanted) {
  const std::string asked = sdk::to_json(wanted);
  const std::string text = text_of(verbs().put_webhook, borrow(asked));
  return text.empty() ? sdk::Webhook{} : sdk::detail::webhook_in(sdk::Json::parse(text));
}

void Tenant::remove_webhook(const std::string& id) {
  const psabridge_call removing = call();
  verbs().remove_webhook(connector_, borrow(id), &removing);
}

void Tenant::test_webhook(const std::string& id) {
  const psabridge_call testing = call();
  verbs().test_webhook(connector_, borrow(id), &testing);
}

std::vector<sdk::WebhookDelivery> Tenant::webhook_log(const std::string& id, std::uint32_t limit) {
  const std::string text = text_of(verbs().webhook_log, borrow(id), limit);
  return sdk::detail::deliveries_in(text.empty() ? sdk::Json() : sdk::Json::parse(text));
}

std::map<std::string, Tenant::ChangeEnd> Tenant::push(const std::vector<Change>& changes) {
  std::vector<psabridge_change> plain;
  plain.reserve(changes.size());
  for (const Change& change : changes)
    plain.push_back({borrow(change.id), borrow(change.entity), borrow(change.source_id),
                     borrow(change.fields), borrow(change.expected), borrow(change.tried_at)});
  using Ends = std::map<std::string, ChangeEnd>;
  Ends ends;
  const psabridge_push_sink sink{
      sizeof sink, &ends,
      [](void* self, psabridge_str id, psabridge_str field, psabridge_difference when, psabridge_str shown) {
        ChangeEnd& end = (*static_cast<Ends*>(self))[copy(id)];
        (when == PSABRIDGE_DIFFERS_AFTER ? end.after : end.before)[copy(field)] = copy(shown);
      },
      [](void* self, psabridge_str id, psabridge_str source_id) {
        ChangeEnd& end = (*static_cast<Ends*>(self))[copy(id)];
        end.done = true;
        end.source_id = copy(source_id);
      },
      [](void* self, psabridge_str id, const psabridge_status* reason) {
        (*static_cast<Ends*>(self))[copy(id)].refused = {reason->code, copy(reason->error_code),
                                                         copy(reason->message), reason->retry_after_ms};
      }};
  const psabridge_call pushing = call();
  verbs().push(connector_, plain.data(), plain.size(), &sink, &pushing);
  return ends;
}

std::vector<TokenRequest> Tenant::token_requests() const {
  const std::scoped_lock lock(mutex_);
  return token_requests_;
}

std::vector<Request> Tenant::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

std::size_t Tenant::requests_to(std::string_view resource) const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(requests_.begin(), requests_.end(), [&](const Request& request) {
        const std::string path = request.path();
        return path.ends_with("/" + std::string(resource));
      }));
}

std::vector<std::string> Tenant::log() const {
  const std::scoped_lock lock(mutex_);
  return log_;
}

}  // namespace halo_test
