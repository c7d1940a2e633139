// A problem with the files of the folder. The client sees the message.

export class FolderFault extends Error {}
