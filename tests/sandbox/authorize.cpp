#include "tests/sandbox/authorize.h"

#include <algorithm>
#include <optional>

namespace sandbox {
namespace {

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void html(Response& response, int status, std::string_view page) {
  response.json(status, page);
  response.content_type = "text/html; charset=utf-8";
}

// For errors that must not be sent to an address that nobody vouches for.
void error_page(const OAuthError& error, Response& response) {
  html(response, 400,
       "<!DOCTYPE html><html><head><title>Error</title></head><body><pre>error:" + error.error +
           "\nerror_description:" + html_escaped(error.description) + "</pre></body></html>");
}

// Posts back to the same address, so that the request's parameters come again.
void login_page(const Request& request, Response& response) {
  html(response, 200,
       "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method=\"post\" action=\"" +
           html_escaped(request.path + "?" + request.query_text) +
           "\"><input name=\"username\"><input name=\"password\" type=\"password\">"
           "<button name=\"decision\" value=\"allow\">Allow</button>"
           "<button name=\"decision\" value=\"deny\">Deny</button></form></body></html>");
}

// Adds to a query that may be there already. After a POST the browser has to come with GET.
void redirect(const Request& request, const std::string& parameters, Response& response) {
  std::string target(request.query.get("redirect_uri"));
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += parameters;
  if (request.query.has("state")) target += "&state=" + percent_encoded(request.query.get("state"));
  response.empty(request.method == "POST" ? 303 : 302);
  response.headers.emplace_back("Location", target);
}

void redirect_error(const Request& request, const OAuthError& error, Response& response) {
  redirect(request, "error=" + error.error + "&error_description=" + percent_encoded(error.description),
           response);
}

// Who asks, and where the answer would go.
std::optional<OAuthError> untrusted(const Application& application, const Query& query) {
  const std::string_view redirect_uri = query.get("redirect_uri");
  if (query.get("client_id") != application.client_id || !application.active)
    return OAuthError{400, "invalid_request", "The specified 'client_id' parameter is invalid."};
  if (redirect_uri.empty())
    return OAuthError{400, "invalid_request", "The mandatory 'redirect_uri' parameter is missing."};
  const auto& known = application.redirect_uris;
  if (std::find(known.begin(), known.end(), redirect_uri) != known.end()) return std::nullopt;
  return OAuthError{400, "invalid_request",
                    "The specified 'redirect_uri' is not valid for this client application."};
}

// What is asked for. Throws OAuthError.
void check(const Application& application, const Query& query) {
  if (query.get("response_type") != "code")
    throw OAuthError{400, "unsupported_response_type", "The specified 'response_type' is not supported."};
  if (!application.allows(SignInMethod::authorization_code)) {
    throw OAuthError{400, "unauthorized_client",
                     "This client application is not allowed to use the authorization code flow."};
  }
  granted_scope_bits(application, query.get("scope"));
  const bool challenged = query.has("code_challenge");
  if (!challenged && application.is_public())
    throw OAuthError{400, "invalid_request", "The mandatory 'code_challenge' parameter is missing."};
  if (challenged && query.get("code_challenge_method") != "S256")
    throw OAuthError{400, "invalid_request", "The specified 'code_challenge_method' is not supported."};
}

bool consents(const Application& application, const Request& request) {
  if (application.agent.disabled || application.consent == Consent::deny) return false;
  return application.consent == Consent::allow || Query(request.body).get("decision") == "allow";
}

}  // namespace

void Authorize::answer(const Request& request, Response& response) {
  const auto application = registration_.current();
  const Query& query = request.query;
  if (!application->accepts_tenant(query, {})) return response.empty(500);
  if (const auto error = untrusted(*application, query)) return error_page(*error, response);
  try {
    check(*application, query);
  } catch (const OAuthError& error) {
    return redirect_error(request, error, response);
  }
  if (application->consent == Consent::ask && request.method != "POST") return login_page(request, response);
  if (!consents(*application, request)) {
    return redirect_error(
        request, {400, "access_denied", "The authorization was denied by the resource owner."}, response);
  }
  const std::string code =
      tokens_.issue_code({std::string(query.get("redirect_uri")), std::string(query.get("code_challenge")),
                          std::string(query.get("scope"))});
  redirect(request, "code=" + code, response);
}

}  // namespace sandbox
