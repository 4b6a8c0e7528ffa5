"""The missing-person pack: the form, what is refused, the photo, the pack and its links."""
