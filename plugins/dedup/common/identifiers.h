// Ids that name one thing in the world: how each kind is written alike, and which values name nothing. Pure
// functions: no state, any thread. Texts of any size are safe: what is longer than an id is none.
#pragma once
#include <optional>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::dedup {

/// The character stands for the kind in keys and forms.
enum class IdKind : char {
  alert_id = 'a',      ///< number of an alert in another system; counts together with the client
  external_id = 'e',   ///< number that one other system gave; it may give the thing a new one
  legal_number = 'l',  ///< tax, VAT or company number
  mac = 'm',           ///< address of a network adapter; a device has several
  object_id = 'o',     ///< id in a directory (Entra, Okta), which never changes
  serial = 's',        ///< serial number that the manufacturer gave
  uuid = 'u'           ///< UUID of the main board or of an object
};

/// The kind that settings call `name` ("serial"); nothing for an unknown name.
std::optional<IdKind> id_kind(std::string_view name);

/// True for kinds of which a thing has one for life: two different ones are two things.
constexpr bool identifies_exactly(IdKind kind) noexcept {
  return kind == IdKind::serial || kind == IdKind::object_id || kind == IdKind::legal_number;
}

/// An id as it is compared: two texts that mean the same id give the same bytes. Empty when the text is no id
/// of the kind or a placeholder ("Default string", 0, a randomised MAC). `text` holds one id; not for
/// alert_id, see alert_ids().
std::string normal_id(IdKind kind, std::string_view text);

/// All ids in a field's text: one, or for mac those of a list.
std::vector<std::string> normal_ids(IdKind kind, std::string_view text);

/// A client's name without blanks, punctuation and legal forms, for telling that two connections mean one.
std::string normal_client_name(std::string_view name);

/// An alert's number together with the ticket's client: by its id within the connection and by its name
/// across connections, for either may be missing. With a number that is a UUID, a word that two names share
/// is enough. Empty without a client or a valid number.
std::vector<std::string> alert_ids(const sdk::Record& ticket, std::string_view number);

/// The first `longest` bytes, or up to three less so that no character is cut.
std::string_view whole_characters(std::string_view text, std::size_t longest);

/// ASCII letters in lower case, digits and characters beyond ASCII: the first `longest` bytes of them, no
/// character cut.
std::string folded(std::string_view text, std::size_t longest);

/// True for what people and firmware write instead of a value ("n/a", "To be filled by O.E.M.").
bool is_placeholder(std::string_view text);

}  // namespace psabridge::dedup
