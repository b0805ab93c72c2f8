// E-mail addresses, Internet domains and telephone numbers as they are compared.
#pragma once
#include <string>
#include <string_view>

namespace psabridge::similar {

/// "Jane.Doe+x@Example.COM" -> "jane.doe@example.com"; empty when it is no address or one
/// made up (none@none.com). Looks at one address, the
/// first of several. Tags after "+" are dropped.
std::string normal_email(std::string_view raw);

std::string_view local_part(std::string_view email) noexcept;
std::string_view domain_of(std::string_view email) noexcept;

/// True for mailboxes that a role answers (info@, accounts@): whoever has it shares it.
bool is_role_mailbox(std::string_view email) noexcept;

/// Registrable domain of a web address, e-mail address or host name: "https://www.acme.co.uk/x" ->
/// "acme.co.uk"; empty for what says nothing of its owner: free-mail and hosting domains, addresses of
/// machines, no domain at all.
std::string normal_domain(std::string_view raw);

/// True for domains where anybody gets a mailbox or a page (registrable form).
bool is_public_domain(std::string_view domain) noexcept;

/// Digits that tell a number from others, at most the last nine, without trunk zero and country code; empty
/// for fewer than six digits and for made-up numbers (all alike, 123456).
std::string normal_phone(std::string_view raw);

}  // namespace psabridge::similar
