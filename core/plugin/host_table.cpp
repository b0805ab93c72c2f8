#include "core/plugin/host_table.h"

#include "core/base/error.h"
#include "core/model/value.h"

namespace psabridge::plugin {
namespace {

constexpr std::size_t kMostState = 64 * 1024;

psabridge_code code_of(ErrorClass error_class) noexcept {
  switch (error_class) {
    case ErrorClass::transient:
      return PSABRIDGE_RETRY;
    case ErrorClass::rate_limited:
      return PSABRIDGE_THROTTLED;
    case ErrorClass::auth:
      return PSABRIDGE_UNAUTHORIZED;
    case ErrorClass::permission:
      return PSABRIDGE_FORBIDDEN;
    case ErrorClass::usage:
    case ErrorClass::config:
      return PSABRIDGE_INVALID;
    case ErrorClass::cancelled:
      return PSABRIDGE_CANCELLED;
    default:
      return PSABRIDGE_FAILED;
  }
}

psabridge_code fail(const psabridge_call* call, const psabridge_status& status) noexcept {
  call->fail(call->host, &status);
  return status.code;
}

/// Runs one host function for a plugin; what it throws becomes the call's status.
template <class Body>
psabridge_code answered(const psabridge_call* call, Body&& body) noexcept {
  try {
    body();
    return PSABRIDGE_OK;
  } catch (const Error& error) {
    const auto wait = error.retry_after.value_or(std::chrono::milliseconds::zero()).count();
    return fail(call, {code_of(error.error_class()), static_cast<std::uint32_t>(wait), borrow(error.code()),
                       borrow(error.message())});
  } catch (const std::exception& error) {
    return fail(call, {PSABRIDGE_FAILED, 0, borrow("PB1499"), borrow(error.what())});
  }
}

/// True once the verb that asks is to end.
std::function<bool()> stop_of(const psabridge_call* call) {
  return [call] { return call->cancelled(call->host) != 0; };
}

HostServices::HttpRequest request_of(const psabridge_http_request& plain) {
  HostServices::HttpRequest request;
  request.method = view(plain.method);
  request.url = view(plain.url);
  request.body = view(plain.body);
  request.retryable = plain.retryable != 0;
  for (const psabridge_header& header : std::span(plain.headers, plain.header_count))
    request.headers.emplace_back(view(header.name), view(header.value));
  return request;
}

void push(const HostServices::HttpResponse& response, const psabridge_http_sink& sink) {
  std::vector<psabridge_header> headers;
  headers.reserve(response.headers.size());
  for (const auto& [name, value] : response.headers) headers.push_back({borrow(name), borrow(value)});
  const psabridge_http_response plain{sizeof plain, response.status, headers.data(), headers.size(),
                                      borrow(response.body)};
  sink.response(sink.host, &plain);
}

void check_state_size(std::string_view text) {
  if (text.size() > kMostState)
    throw Error("PB1111", "A plugin's state was given " + std::to_string(text.size()) +
                              " bytes as a key or value; at most " + std::to_string(kMostState) +
                              " are kept.");
}

}  // namespace

HostTable::HostTable(HostServices& services, std::string tag)
    : services_(services),
      tag_(std::move(tag)),
      plain_{sizeof(psabridge_host), this, &http, &now_ms, &secret, &state_get, &state_put, &log, &token} {}

psabridge_code HostTable::http(void* self, const psabridge_http_request* request,
                               const psabridge_http_sink* sink, const psabridge_call* call) noexcept {
  return answered(call, [&] {
    push(static_cast<HostTable*>(self)->services_.http(request_of(*request), stop_of(call)), *sink);
  });
}

std::int64_t HostTable::now_ms(void* self) noexcept {
  return static_cast<HostTable*>(self)->services_.now_ms();
}

psabridge_code HostTable::secret(void* self, psabridge_str reference, const psabridge_text_sink* sink,
                                 const psabridge_call* call) noexcept {
  return answered(call, [&] {
    sink->text(sink->host, borrow(static_cast<HostTable*>(self)->services_.secret(view(reference))));
  });
}

psabridge_code HostTable::state_get(void* self, psabridge_str key, const psabridge_text_sink* sink,
                                    const psabridge_call* call) noexcept {
  return answered(call, [&] {
    sink->text(sink->host, borrow(static_cast<HostTable*>(self)->services_.state_get(view(key))));
  });
}

psabridge_code HostTable::state_put(void* self, psabridge_str key, psabridge_str value,
                                    const psabridge_call* call) noexcept {
  return answered(call, [&] {
    check_state_size(view(key));
    check_state_size(view(value));
    static_cast<HostTable*>(self)->services_.state_put(view(key), view(value));
  });
}

psabridge_code HostTable::token(void* self, psabridge_str sign_in, psabridge_str refused,
                                const psabridge_text_sink* sink, const psabridge_call* call) noexcept {
  return answered(call, [&] {
    auto& services = static_cast<HostTable*>(self)->services_;
    sink->text(sink->host, borrow(services.token(view(sign_in), view(refused), stop_of(call))));
  });
}

void HostTable::log(void* self, psabridge_level level, psabridge_str text) noexcept {
  auto& table = *static_cast<HostTable*>(self);
  try {
    table.services_.log(level, table.tag_, view(text));
  } catch (const std::exception&) {
    // A line that cannot be logged is no reason to fail the plugin's call.
  }
}

}  // namespace psabridge::plugin
