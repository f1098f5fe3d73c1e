"""The special tokens by their roles, as attributes of a tokenizer."""


def _refuse(role):
    def refuse(self, value):
        raise AttributeError(f'write tokenizer.add_special_tokens({{"{role}": token}}), which gives a token the role.')

    return refuse


def _token(role):
    def spelling(self):
        return self.vocabulary.special_tokens[role]

    return property(spelling, _refuse(role), doc=f"The spelling of the {role}.")


def _token_id(role):
    return property(lambda self: self.vocabulary.special_id(role), _refuse(role), doc=f"The id of the {role}.")


class TokenRoles:
    """What a tokenizer's `vocabulary` says of each role."""

    bos_token, bos_token_id = _token("bos_token"), _token_id("bos_token")
    eos_token, eos_token_id = _token("eos_token"), _token_id("eos_token")
    unk_token, unk_token_id = _token("unk_token"), _token_id("unk_token")
    sep_token, sep_token_id = _token("sep_token"), _token_id("sep_token")
    pad_token, pad_token_id = _token("pad_token"), _token_id("pad_token")
    cls_token, cls_token_id = _token("cls_token"), _token_id("cls_token")
    mask_token, mask_token_id = _token("mask_token"), _token_id("mask_token")
